# The role that scanners take on in an account: it reads how things are set up, and no data. One per account that is scanned.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "collector_arn" {
  description = "ARN of the role (or user) that the collector runs as"
  type        = string
}

variable "external_id" {
  description = "The external id that the collector names; made up once"
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.external_id) >= 16
    error_message = "At least 16 characters: openssl rand -hex 16"
  }
}

variable "role_name" {
  type    = string
  default = "sightline-audit"
}

variable "max_session_seconds" {
  type    = number
  default = 14400
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.collector_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }
}

# What the two managed policies leave out, and must never come to hold: contents.
data "aws_iam_policy_document" "no_data" {
  statement {
    effect    = "Deny"
    resources = ["*"]
    actions = [
      "s3:GetObject",
      "s3:GetObjectVersion",
      "dynamodb:GetItem",
      "dynamodb:BatchGetItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "secretsmanager:GetSecretValue",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
      "kms:Decrypt",
      "sqs:ReceiveMessage",
    ]
  }
}

# What findings are pulled from, what can be reached from outside, and what `sightline doctor` asks.
data "aws_iam_policy_document" "pulls" {
  statement {
    sid       = "SecurityHub"
    resources = ["*"]
    actions = [
      "securityhub:GetFindingAggregator",
      "securityhub:GetFindings",
      "securityhub:ListFindingAggregators",
      "securityhub:ListMembers",
    ]
  }

  statement {
    sid       = "Inspector"
    resources = ["*"]
    actions = [
      "inspector2:BatchGetAccountStatus",
      "inspector2:ListFindings",
      "inspector2:ListMembers",
    ]
  }

  statement {
    sid       = "GuardDuty"
    resources = ["*"]
    actions = [
      "guardduty:GetFindings",
      "guardduty:ListDetectors",
      "guardduty:ListFindings",
      "guardduty:ListMembers",
    ]
  }

  statement {
    sid       = "Macie"
    resources = ["*"]
    actions = [
      "macie2:GetFindings",
      "macie2:ListFindings",
      "macie2:ListMembers",
    ]
  }

  statement {
    sid       = "AccessAnalyzer"
    resources = ["*"]
    actions = [
      "access-analyzer:ListAnalyzers",
      "access-analyzer:ListFindings",
    ]
  }

  statement {
    sid       = "Ecr"
    resources = ["*"]
    actions = [
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:DescribeImageScanFindings",
      "ecr:DescribeRepositories",
    ]
  }

  statement {
    sid       = "CredentialReport"
    resources = ["*"]
    actions = [
      "iam:GenerateCredentialReport",
      "iam:GetCredentialReport",
    ]
  }

  statement {
    sid       = "Perimeter"
    resources = ["*"]
    actions = [
      "apigateway:GET",
      "cloudfront:ListDistributions",
      "cloudfront:ListTagsForResource",
      "ec2:DescribeAddresses",
      "ec2:DescribeInstances",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRegions",
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTags",
      "route53:ListHostedZones",
      "route53:ListResourceRecordSets",
    ]
  }

  statement {
    sid       = "Doctor"
    resources = ["*"]
    actions = [
      "iam:SimulatePrincipalPolicy",
    ]
  }
}

resource "aws_iam_role" "audit" {
  name                 = var.role_name
  description          = "Read-only audits by Sightline"
  max_session_duration = var.max_session_seconds
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each   = toset(["SecurityAudit", "job-function/ViewOnlyAccess"])
  role       = aws_iam_role.audit.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value}"
}

resource "aws_iam_role_policy" "no_data" {
  name   = "no-data"
  role   = aws_iam_role.audit.id
  policy = data.aws_iam_policy_document.no_data.json
}

resource "aws_iam_role_policy" "pulls" {
  name   = "pulls"
  role   = aws_iam_role.audit.id
  policy = data.aws_iam_policy_document.pulls.json
}

output "role_arn" {
  value = aws_iam_role.audit.arn
}
