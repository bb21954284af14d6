# The application that scanners are in Azure: it reads how things are set up, below one management group, and no data.

terraform {
  required_version = ">= 1.5"
  required_providers {
    azuread = { source = "hashicorp/azuread", version = ">= 2.47" }
    azurerm = { source = "hashicorp/azurerm", version = ">= 3.100" }
  }
}

provider "azurerm" {
  features {}
}

variable "management_group" {
  description = "Id of the management group whose subscriptions are scanned; the tenant's own id for all"
  type        = string
}

variable "name" {
  type    = string
  default = "sightline-audit"
}

variable "federated" {
  description = "Issuer and subject of the collector's own token (a service account of Kubernetes, a pipeline): no secret is needed then"
  type        = object({ issuer = string, subject = string })
  default     = null
}

variable "read_directory" {
  description = "Whether scanners may read users, groups and policies of Entra ID, which their checks of identities need"
  type        = bool
  default     = true
}

variable "read_function_settings" {
  description = "Whether Prowler may look into function apps. It needs their keys and settings for that, which are secrets"
  type        = bool
  default     = false
}

data "azuread_client_config" "current" {}

data "azurerm_management_group" "audited" {
  name = var.management_group
}

resource "azuread_application" "audit" {
  display_name = var.name
}

resource "azuread_service_principal" "audit" {
  client_id = azuread_application.audit.client_id
}

resource "azuread_application_federated_identity_credential" "collector" {
  count          = var.federated == null ? 0 : 1
  application_id = azuread_application.audit.id
  display_name   = "collector"
  audiences      = ["api://AzureADTokenExchange"]
  issuer         = var.federated.issuer
  subject        = var.federated.subject
}

# Every setting of every resource, no contents, no keys.
resource "azurerm_role_assignment" "reader" {
  scope                = data.azurerm_management_group.audited.id
  role_definition_name = "Reader"
  principal_id         = azuread_service_principal.audit.object_id
}

resource "azurerm_role_definition" "function_settings" {
  count       = var.read_function_settings ? 1 : 0
  name        = "${var.name}-function-settings"
  scope       = data.azurerm_management_group.audited.id
  description = "What Prowler needs beyond Reader"

  permissions {
    actions = [
      "Microsoft.Web/sites/host/listkeys/action",
      "Microsoft.Web/sites/config/list/Action",
    ]
  }
}

resource "azurerm_role_assignment" "function_settings" {
  count              = var.read_function_settings ? 1 : 0
  scope              = data.azurerm_management_group.audited.id
  role_definition_id = azurerm_role_definition.function_settings[0].role_definition_resource_id
  principal_id       = azuread_service_principal.audit.object_id
}

data "azuread_application_published_app_ids" "well_known" {}

data "azuread_service_principal" "graph" {
  client_id = data.azuread_application_published_app_ids.well_known.result["MicrosoftGraph"]
}

resource "azuread_app_role_assignment" "directory" {
  for_each            = toset(var.read_directory ? ["Directory.Read.All", "Policy.Read.All", "UserAuthenticationMethod.Read.All"] : [])
  app_role_id         = data.azuread_service_principal.graph.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.audit.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

output "tenant_id" {
  value = data.azuread_client_config.current.tenant_id
}

output "client_id" {
  description = "For credentials.<name>.azure.clientId; a clientSecret is made by hand, or by nobody where `federated` is set"
  value       = azuread_application.audit.client_id
}
