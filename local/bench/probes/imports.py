"""The least that a function with these libraries can take: it loads both SDKs and pydantic, and does nothing."""

from time import monotonic


def main() -> None:
    began = monotonic()
    import pydantic  # noqa: F401
    from qcloud_cos import CosConfig, CosS3Client  # noqa: F401
    from tencentcloud.ses.v20201002 import models, ses_client  # noqa: F401

    done = monotonic()

    from local.bench.probes.probe import tell

    tell(began, done)


main()
