# A queue for Sightline's scanner `sqs`: the findings of AWS's security services in this region, and news of reports in buckets.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "queue_name" {
  type    = string
  default = "sightline"
}

variable "report_bucket_arns" {
  description = "ARNs of buckets of this account that tell the queue of new reports"
  type        = list(string)
  default     = []
}

data "aws_caller_identity" "current" {}

resource "aws_sqs_queue" "dead_letters" {
  name = "${var.queue_name}-dead-letters"
  # As long as there may be: somebody has to look at them.
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "queue" {
  name = var.queue_name
  # A collector that was away for a week finds everything.
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 3
  })
}

resource "aws_cloudwatch_event_rule" "findings" {
  name        = "${var.queue_name}-findings"
  description = "Findings of security services, for Sightline"

  event_pattern = jsonencode({
    source = [
      "aws.securityhub",
      "aws.guardduty",
      "aws.inspector2",
      "aws.macie",
      "aws.access-analyzer",
    ]
    detail-type = [
      "Security Hub Findings - Imported",
      "GuardDuty Finding",
      "Inspector2 Finding",
      "Macie Finding",
      "Access Analyzer Finding",
    ]
  })
}

resource "aws_cloudwatch_event_target" "queue" {
  rule = aws_cloudwatch_event_rule.findings.name
  arn  = aws_sqs_queue.queue.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

data "aws_iam_policy_document" "senders" {
  for_each = {
    queue        = aws_sqs_queue.queue.arn
    dead_letters = aws_sqs_queue.dead_letters.arn
  }

  statement {
    sid       = "Findings"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.findings.arn]
    }
  }

  dynamic "statement" {
    for_each = each.key == "queue" && length(var.report_bucket_arns) > 0 ? [1] : []

    content {
      sid       = "Reports"
      actions   = ["sqs:SendMessage"]
      resources = [each.value]

      principals {
        type        = "Service"
        identifiers = ["s3.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = var.report_bucket_arns
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }
    }
  }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "queue" {
  queue_url = aws_sqs_queue.queue.id
  policy    = data.aws_iam_policy_document.senders["queue"].json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy    = data.aws_iam_policy_document.senders["dead_letters"].json
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "Messages"
    actions   = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"]
    resources = [aws_sqs_queue.queue.arn]
  }

  dynamic "statement" {
    for_each = length(var.report_bucket_arns) > 0 ? [1] : []

    content {
      sid       = "Reports"
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = [for arn in var.report_bucket_arns : "${arn}/*"]
    }
  }
}

resource "aws_iam_policy" "reader" {
  name_prefix = "sightline-queue-"
  description = "What the Sightline collector may do with its queue"
  policy      = data.aws_iam_policy_document.reader.json
}

output "queue_url" {
  description = "For targets of a job of the scanner sqs in sightline.yaml"
  value       = aws_sqs_queue.queue.id
}

output "dead_letters_url" {
  description = "What could not be read; to be looked at, and redriven or purged"
  value       = aws_sqs_queue.dead_letters.id
}

output "policy_arn" {
  description = "To be attached to the role that the collector runs as"
  value       = aws_iam_policy.reader.arn
}
