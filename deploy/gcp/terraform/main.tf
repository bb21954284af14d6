# The service account that scanners are in Google Cloud: it reads how things are set up, below some folders, and no data.

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = { source = "hashicorp/google", version = ">= 5.0" }
  }
}

variable "project" {
  description = "Project that the service account lives in; the calls of scanners count against its quotas"
  type        = string
}

variable "organization_id" {
  description = "Number of the organization, which keeps the role"
  type        = string
}

variable "folders" {
  description = "Numbers of the folders whose projects are scanned; none: the whole organization"
  type        = list(string)
  default     = []
}

variable "name" {
  type    = string
  default = "sightline-audit"
}

variable "federated" {
  description = "Issuer, audience and subject of the collector's own token: no key is needed then"
  type        = object({ issuer = string, audience = string, subject = string })
  default     = null
}

resource "google_project_service" "needed" {
  for_each           = toset(["cloudresourcemanager", "iam", "iamcredentials", "sts", "serviceusage"])
  project            = var.project
  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false
}

resource "google_service_account" "audit" {
  project      = var.project
  account_id   = var.name
  display_name = "Read-only audits by Sightline"
}

# What `sightline doctor` looks for. The two roles below hold more, which scanners ask for here and there.
resource "google_organization_iam_custom_role" "audit" {
  org_id      = var.organization_id
  role_id     = replace(var.name, "-", "_")
  title       = "Read-only audits by Sightline"
  description = "Settings, no contents"
  permissions = [
    "apikeys.keys.list",
    "appengine.applications.get",
    "appengine.services.list",
    "bigquery.datasets.get",
    "cloudfunctions.functions.list",
    "cloudkms.cryptoKeys.getIamPolicy",
    "cloudkms.cryptoKeys.list",
    "cloudkms.keyRings.list",
    "cloudsql.instances.list",
    "compute.addresses.list",
    "compute.firewalls.list",
    "compute.forwardingRules.list",
    "compute.instances.list",
    "compute.networks.list",
    "compute.projects.get",
    "compute.subnetworks.list",
    "container.clusters.list",
    "dns.managedZones.list",
    "dns.resourceRecordSets.list",
    "iam.serviceAccountKeys.list",
    "iam.serviceAccounts.list",
    "logging.logMetrics.list",
    "logging.sinks.list",
    "monitoring.alertPolicies.list",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "run.services.list",
    "serviceusage.services.list",
    "serviceusage.services.use",
    "storage.buckets.getIamPolicy",
    "storage.buckets.list",
  ]
}

locals {
  # Browser finds folders and projects.
  roles = [google_organization_iam_custom_role.audit.id, "roles/iam.securityReviewer", "roles/browser"]
  pairs = { for pair in setproduct(var.folders, range(length(local.roles))) : "${pair[0]}-${pair[1]}" => pair }
}

resource "google_folder_iam_member" "audit" {
  for_each = local.pairs
  folder   = each.value[0]
  role     = local.roles[each.value[1]]
  member   = google_service_account.audit.member
}

resource "google_organization_iam_member" "audit" {
  count  = length(var.folders) == 0 ? length(local.roles) : 0
  org_id = var.organization_id
  role   = local.roles[count.index]
  member = google_service_account.audit.member
}

resource "google_iam_workload_identity_pool" "collector" {
  count                     = var.federated == null ? 0 : 1
  project                   = var.project
  workload_identity_pool_id = var.name
}

resource "google_iam_workload_identity_pool_provider" "collector" {
  count                              = var.federated == null ? 0 : 1
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.collector[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "collector"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }

  # Others of the same issuer stay outside.
  attribute_condition = "assertion.sub == '${var.federated.subject}'"

  oidc {
    issuer_uri        = var.federated.issuer
    allowed_audiences = [var.federated.audience]
  }
}

resource "google_service_account_iam_member" "collector" {
  count              = var.federated == null ? 0 : 1
  service_account_id = google_service_account.audit.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.collector[0].name}/subject/${var.federated.subject}"
}

output "service_account" {
  value = google_service_account.audit.email
}

output "provider" {
  description = "For `gcloud iam workload-identity-pools create-cred-config`, which writes credentials.<name>.gcp.credentialsFile"
  value       = one(google_iam_workload_identity_pool_provider.collector[*].name)
}
