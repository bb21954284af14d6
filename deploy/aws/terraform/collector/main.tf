# The bucket that holds everything Sightline knows, and what its collector may do.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "bucket_name" {
  type = string
}

variable "organization_id" {
  description = "Roles are taken on in accounts of this organization only"
  type        = string
}

variable "audit_role_name" {
  type    = string
  default = "sightline-audit"
}

variable "secret_arns" {
  description = "Secrets of Secrets Manager and parameters of SSM that the configuration names"
  type        = list(string)
  default     = []
}

variable "list_organization" {
  description = "Whether the collector finds accounts by itself"
  type        = bool
  default     = false
}

data "aws_partition" "current" {}

resource "aws_s3_bucket" "store" {
  bucket = var.bucket_name

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket                  = aws_s3_bucket.store.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Heads and leases change all the time: a week of older versions is enough to undo a mistake.
resource "aws_s3_bucket_lifecycle_configuration" "store" {
  bucket     = aws_s3_bucket.store.id
  depends_on = [aws_s3_bucket_versioning.store]

  rule {
    id     = "older-versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 7
    }
  }

  rule {
    id     = "broken-uploads"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

data "aws_iam_policy_document" "only_tls" {
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.store.arn, "${aws_s3_bucket.store.arn}/*"]

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

resource "aws_s3_bucket_policy" "only_tls" {
  bucket = aws_s3_bucket.store.id
  policy = data.aws_iam_policy_document.only_tls.json
}

data "aws_iam_policy_document" "collector" {
  statement {
    sid       = "ListBucket"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.store.arn]
  }

  statement {
    sid       = "Objects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.store.arn}/*"]
  }

  statement {
    sid       = "AuditRoles"
    actions   = ["sts:AssumeRole"]
    resources = ["arn:${data.aws_partition.current.partition}:iam::*:role/${var.audit_role_name}"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceOrgID"
      values   = [var.organization_id]
    }
  }

  dynamic "statement" {
    for_each = var.list_organization ? [1] : []

    content {
      sid = "Organization"
      actions = [
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListTagsForResource",
      ]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []

    content {
      sid       = "Secrets"
      actions   = ["secretsmanager:GetSecretValue", "ssm:GetParameter"]
      resources = var.secret_arns
    }
  }
}

resource "aws_iam_policy" "collector" {
  name        = "sightline-collector"
  description = "What the Sightline collector may do"
  policy      = data.aws_iam_policy_document.collector.json
}

output "policy_arn" {
  description = "To be attached to the role that the collector runs as"
  value       = aws_iam_policy.collector.arn
}

output "store" {
  description = "For store in sightline.yaml"
  value       = "s3://${aws_s3_bucket.store.bucket}?region=${aws_s3_bucket.store.region}"
}
