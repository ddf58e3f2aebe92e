# The deployment of serverless.yml with Terraform, and what that file cannot set: the role and its policy, the log topic,
# how often a failed invocation is tried again, how many may run at once. Use the one or the other, not both.
#
# `make deploy` runs it with the settings in .env. By hand:
#
#   make package
#   cd deploy
#   export TENCENTCLOUD_SECRET_ID=... TENCENTCLOUD_SECRET_KEY=...
#   terraform init
#   terraform apply -var bucket=drops-1250000000 -var region=ap-singapore
#
# A test holds it against serverless.yml, against the policy of `python -m local policy`, and every argument against
# the documentation of the provider.

terraform {
  required_version = ">= 1.3"
  required_providers {
    tencentcloud = {
      source  = "tencentcloudstack/tencentcloud"
      version = "~> 1.83, >= 1.83.16" # the first that has tencentcloud_scf_trigger
    }
  }
}

provider "tencentcloud" {
  region = var.region
}

variable "bucket" {
  description = "The bucket that files are dropped into, with the account's id at its end. It must be there already."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*-[0-9]+$", var.bucket))
    error_message = "The bucket must be named with the account's id, such as drops-1250000000."
  }
}

variable "region" {
  description = "The bucket's region. The function is put there, too: it is called by buckets of its own region only."
  type        = string
}

variable "function_name" {
  type    = string
  default = "ses-recipient-import"
}

variable "role" {
  description = "The name of the CAM role that the function runs as, and of its policy. Both are created."
  type        = string
  default     = "ses-recipient-import"
}

variable "incoming_prefix" {
  description = "Files are dropped below it."
  type        = string
  default     = "incoming/"
  validation {
    condition     = endswith(var.incoming_prefix, "/")
    error_message = "The prefix must end with a slash: the trigger takes it as it is, and would fire elsewhere, too."
  }
}

variable "reports_prefix" {
  description = "Reports are written below it."
  type        = string
  default     = "reports/"
  validation {
    condition     = endswith(var.reports_prefix, "/")
    error_message = "The prefix must end with a slash: permissions are given to what begins with it."
  }
}

variable "state_prefix" {
  description = "What the function remembers lies below it."
  type        = string
  default     = "state/"
  validation {
    condition     = endswith(var.state_prefix, "/")
    error_message = "The prefix must end with a slash: permissions are given to what begins with it."
  }
}

variable "settings" {
  description = "Other settings of the function, by their names in the README: { RECEIVER_ID = \"1001\" }."
  type        = map(string)
  default     = {}
  validation {
    condition = alltrue([for name in keys(var.settings) : contains([
      "STATE_BUCKET",
      "RECEIVER_ID",
      "GROUP_BY_METADATA",
      "GROUP_FOLDERS",
      "CREATE_GROUPS",
      "ON_OVERFLOW",
      "MAX_GROUPS",
      "ON_INVALID",
      "MAX_INVALID_PERCENT",
      "ON_NO_CONSENT",
      "SKIP_BLOCKED",
      "TEMPLATE_DATA",
      "SETTLE_SECONDS",
      "SETTLE_HOURS",
      "LIST_IMPORTED",
      "SWEEP_DAYS",
      "DRY_RUN",
      "REPORT_LANGUAGE",
      "NOTIFY_URL",
      "SES_REGION",
      "SES_ENDPOINT",
      "LOG_LEVEL",
    ], name)])
    error_message = "There is a setting that the function does not have, or that has a variable of its own here."
  }
}

variable "log_days" {
  description = "How long the function's log is kept."
  type        = number
  default     = 30
}

variable "most_instances" {
  description = "How many instances may run at once; null: as many as the account's quota allows."
  type        = number
  default     = null
}

locals {
  required = {
    BUCKET          = var.bucket
    INCOMING_PREFIX = var.incoming_prefix
    REPORTS_PREFIX  = var.reports_prefix
    STATE_PREFIX    = var.state_prefix
    COS_REGION      = var.region
  }
  environment = merge(local.required, var.settings)

  appid        = regex("[0-9]+$", var.bucket)
  state_bucket = coalesce(lookup(var.settings, "STATE_BUCKET", ""), var.bucket)
  files        = "qcs::cos:${var.region}:uid/${local.appid}:${var.bucket}/"
  state        = "qcs::cos:${var.region}:uid/${local.appid}:${local.state_bucket}/"

  is_true     = ["true", "1", "yes", "on", "t", "y"]
  blocked     = contains(local.is_true, lower(lookup(var.settings, "SKIP_BLOCKED", ""))) ? ["ses:ListBlackEmailAddress"] : []
  asked       = contains(local.is_true, lower(lookup(var.settings, "CREATE_GROUPS", ""))) ? ["ses:CreateReceiver"] : []
  creating    = contains(["split"], lower(lookup(var.settings, "ON_OVERFLOW", ""))) ? ["ses:CreateReceiver"] : local.asked
  always      = ["ses:CreateReceiverDetail", "ses:CreateReceiverDetailWithData", "ses:ListReceivers", "ses:ListReceiverDetails"]
  ses_actions = concat(concat(local.always, local.creating), local.blocked)

  package = "${path.module}/../build/function.zip"
  memory  = 256

  trigger = jsonencode({ event = "cos:ObjectCreated:*", filter = { Prefix = var.incoming_prefix, Suffix = "" } })

  trust = <<-JSON
    {
      "version": "2.0",
      "statement": [
        {"effect": "allow", "action": ["name/sts:AssumeRole"], "principal": {"service": ["scf.qcloud.com"]}}
      ]
    }
  JSON

  policy = <<-JSON
    {
      "version": "2.0",
      "statement": [
        {
          "effect": "allow",
          "action": ["name/cos:GetObject"],
          "resource": ["${local.files}${var.incoming_prefix}*"]
        },
        {
          "effect": "allow",
          "action": [
            "name/cos:GetObject",
            "name/cos:PutObject",
            "name/cos:InitiateMultipartUpload",
            "name/cos:UploadPart",
            "name/cos:CompleteMultipartUpload",
            "name/cos:AbortMultipartUpload"
          ],
          "resource": ["${local.files}${var.reports_prefix}*"]
        },
        {
          "effect": "allow",
          "action": [
            "name/cos:GetObject",
            "name/cos:PutObject",
            "name/cos:InitiateMultipartUpload",
            "name/cos:UploadPart",
            "name/cos:CompleteMultipartUpload",
            "name/cos:AbortMultipartUpload",
            "name/cos:DeleteObject"
          ],
          "resource": ["${local.state}${var.state_prefix}*"]
        },
        {
          "effect": "allow",
          "action": ["name/cos:GetBucket"],
          "resource": ["${local.files}*"],
          "condition": {
            "string_like": {"cos:prefix": ["${var.incoming_prefix}*", "${urlencode(var.incoming_prefix)}*"]}
          }
        },
        {
          "effect": "allow",
          "action": ["name/cos:GetBucket"],
          "resource": ["${local.state}*"],
          "condition": {
            "string_like": {"cos:prefix": ["${var.state_prefix}*", "${urlencode(var.state_prefix)}*"]}
          }
        },
        {
          "effect": "allow",
          "action": ["name/cos:GetBucketVersioning"],
          "resource": ["${local.state}*"]
        },
        {
          "effect": "allow",
          "action": ${jsonencode(local.ses_actions)},
          "resource": ["*"]
        }
      ]
    }
  JSON

  # What SCF writes into each line of a log: https://cloud.tencent.com/document/product/583/60336
  log_fields = {
    SCF_FunctionName = "text"
    SCF_Namespace    = "text"
    SCF_Qualifier    = "text"
    SCF_Alias        = "text"
    SCF_RequestId    = "text"
    SCF_Level        = "text"
    SCF_Type         = "text"
    SCF_Message      = "text"
    SCF_StartTime    = "long"
    SCF_LogTime      = "long"
    SCF_Duration     = "long"
    SCF_StatusCode   = "long"
    SCF_RetryNum     = "long"
    SCF_MemUsage     = "double"
  }
  separators = "@&?|#()='\",;:<>[]{}/ \n\t\r\\"
}

resource "tencentcloud_cam_role" "function" {
  name        = var.role
  description = "What ${var.function_name} runs as"
  document    = local.trust
}

resource "tencentcloud_cam_policy" "function" {
  name        = var.role
  description = "What ${var.function_name} may do"
  document    = local.policy
}

resource "tencentcloud_cam_role_policy_attachment" "function" {
  role_id   = tencentcloud_cam_role.function.id
  policy_id = tencentcloud_cam_policy.function.id
}

resource "tencentcloud_cls_logset" "function" {
  logset_name = var.function_name
}

resource "tencentcloud_cls_topic" "function" {
  logset_id  = tencentcloud_cls_logset.function.id
  topic_name = var.function_name
  period     = var.log_days
}

resource "tencentcloud_cls_index" "function" {
  topic_id = tencentcloud_cls_topic.function.id
  rule {
    full_text {
      case_sensitive = false
      contain_z_h    = true
      tokenizer      = local.separators
    }
    key_value {
      case_sensitive = false
      dynamic "key_values" {
        for_each = local.log_fields
        content {
          key = key_values.key
          value {
            type      = key_values.value
            sql_flag  = true
            tokenizer = key_values.value == "text" ? local.separators : null
          }
        }
      }
    }
  }
}

# The provider sends a new package only where the name of the file is another: so its name says what is in it.
resource "tencentcloud_cos_bucket_object" "package" {
  bucket = var.bucket
  key    = "packages/${filesha256(local.package)}.zip"
  source = local.package
}

resource "tencentcloud_scf_function" "function" {
  name              = var.function_name
  namespace         = "default"
  description       = "Imports address files from a COS bucket into SES recipient groups"
  func_type         = "Event"
  handler           = "index.main_handler"
  runtime           = "Python3.10"
  mem_size          = local.memory
  timeout           = 900 # the longest there is
  role              = tencentcloud_cam_role.function.name
  environment       = local.environment
  enable_public_net = true
  enable_eip_config = false
  l5_enable         = false
  cls_logset_id     = tencentcloud_cls_logset.function.id
  cls_topic_id      = tencentcloud_cls_topic.function.id
  cos_bucket_name   = var.bucket
  cos_bucket_region = var.region
  cos_object_name   = "/${tencentcloud_cos_bucket_object.package.key}"
}

# A failed invocation is tried twice more, a minute apart; one for which there is no room, for six hours. These are what
# the platform does by itself. An event that is dropped after that is no loss: the sweep finds its file.
resource "tencentcloud_scf_function_event_invoke_config" "function" {
  function_name = tencentcloud_scf_function.function.name
  namespace     = tencentcloud_scf_function.function.namespace
  async_trigger_config {
    msg_ttl = 21600
    retry_config {
      retry_num = 2
    }
  }
}

resource "tencentcloud_scf_reserved_concurrency_config" "function" {
  count                    = var.most_instances == null ? 0 : 1
  function_name            = tencentcloud_scf_function.function.name
  namespace                = tencentcloud_scf_function.function.namespace
  reserved_concurrency_mem = var.most_instances * local.memory
}

resource "tencentcloud_scf_trigger" "cos" {
  function_name = tencentcloud_scf_function.function.name
  namespace     = tencentcloud_scf_function.function.namespace
  qualifier     = "$DEFAULT"
  type          = "cos"
  trigger_name  = "${var.bucket}.cos.${var.region}.myqcloud.com"
  trigger_desc  = local.trigger
  enable        = "OPEN"
  depends_on    = [tencentcloud_cam_role_policy_attachment.function]
}

resource "tencentcloud_scf_trigger" "timer" {
  function_name = tencentcloud_scf_function.function.name
  namespace     = tencentcloud_scf_function.function.namespace
  qualifier     = "$DEFAULT"
  type          = "timer"
  trigger_name  = "sweep"
  trigger_desc  = "0 */5 * * * * *" # second minute hour day month weekday year
  enable        = "OPEN"
  depends_on    = [tencentcloud_cam_role_policy_attachment.function]
}
