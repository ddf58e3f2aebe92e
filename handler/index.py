"""What the platform looks for in the root of the zip, where `make package` puts this file: `index.main_handler`."""

from handler.app import main_handler

__all__ = ["main_handler"]
