/**
 * Where Prowler's checks stand in public frameworks, in the words of its CSV (`framework: ids | framework: ids`).
 * A choice of frameworks, and of each the first ids: the real lists fill pages.
 */
export const CHECK_FRAMEWORKS: Readonly<Record<string, string>> = {
  accessanalyzer_enabled: 'CIS-3.0: 1.20 | CIS-4.0.1: 1.20 | ISO27001-2022: A.8.3',
  account_maintain_current_contact_details: 'CIS-3.0: 1.1 | CIS-4.0.1: 1.1 | ISO27001-2022: A.5.5',
  app_client_certificates_on: 'PCI-4.0: 1.2.8.14, 1.2.8.15, 1.3.1.16',
  app_ensure_auth_is_set_up: 'CIS-3.0: 9.2 | CIS-2.1: 9.1',
  app_ensure_http_is_redirected_to_https: 'CIS-3.0: 9.1 | CIS-2.1: 9.2 | PCI-4.0: 1.2.5.1, 1.2.5.6, 1.2.5.9',
  app_ftp_deployment_disabled: 'CIS-3.0: 9.3 | CIS-2.1: 9.9',
  app_minimum_tls_version_12:
    'CIS-3.0: 9.4 | CIS-2.1: 9.3 | ISO27001-2022: A.8.5, A.8.12, A.8.24 | PCI-4.0: 1.2.5.2, 1.2.5.3, 2.2.5.2 | SOC2: cc_6_6, cc_6_7',
  awslambda_function_inside_vpc:
    'PCI-4.0: 1.2.8.20, 1.3.1.23, 1.3.2.23 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  awslambda_function_url_public: 'NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_7 | ISO27001-2022: A.8.1',
  cloudsql_instance_automated_backups:
    'CIS-3.0: 6.7 | CIS-2.0: 6.7 | ISO27001-2022: A.8.13 | PCI-4.0: 1.5.1.27, 10.3.2.16, 10.3.3.1 | SOC2: cc_7_4, cc_7_5, pi_1_5',
  cloudsql_instance_public_access:
    'CIS-3.0: 6.5, 6.6 | CIS-2.0: 6.5 | ISO27001-2022: A.8.1 | PCI-4.0: 1.2.8.27, 1.2.8.28, 1.2.8.32 | SOC2: cc_6_2',
  cloudsql_instance_public_ip: 'CIS-2.0: 6.6 | ISO27001-2022: A.8.1 | PCI-4.0: 1.2.8.28, 1.3.1.30, 1.3.1.31',
  cloudsql_instance_ssl_connections:
    'CIS-3.0: 6.4 | CIS-2.0: 6.4 | ISO27001-2022: A.8.12 | PCI-4.0: 1.2.5.14, 1.2.8.28, 1.3.1.30 | SOC2: cc_6_7',
  cloudstorage_bucket_public_access:
    'CIS-3.0: 5.1 | CIS-2.0: 5.1 | ISO27001-2022: A.8.1, A.8.12 | PCI-4.0: 1.2.5.15, 1.2.8.30, 1.2.8.32 | SOC2: cc_6_1',
  cloudstorage_bucket_uniform_bucket_level_access:
    'CIS-3.0: 5.2 | CIS-2.0: 5.2 | PCI-4.0: 1.2.5.15, 1.2.8.33, 1.2.8.34 | SOC2: pi_1_4',
  cloudtrail_cloudwatch_logging_enabled:
    'NIST-800-53-Revision-5: ac_2_4, ac_3_1, ac_3_10 | PCI-4.0: 10.2.1.1.10, 10.2.1.2.8, 10.2.1.3.8 | SOC2: cc_7_2, cc_7_3, cc_a_1_1 | ISO27001-2022: A.8.15, A.8.16',
  cloudtrail_kms_encryption_enabled:
    'CIS-3.0: 3.5 | CIS-4.0.1: 3.5 | NIST-800-53-Revision-5: au_9_3, cm_6_a, cm_9_b | PCI-4.0: 10.3.2.4, 10.3.3.6, 10.3.4.5 | ISO27001-2022: A.8.11, A.8.15, A.8.16',
  cloudtrail_log_file_validation_enabled:
    'CIS-3.0: 3.2 | CIS-4.0.1: 3.2 | NIST-800-53-Revision-5: au_9_a, cm_6_a, cm_9_b | PCI-4.0: 10.3.2.5, 10.3.3.7, 10.3.4.6 | SOC2: cc_7_3, pi_1_3 | ISO27001-2022: A.8.15, A.8.16',
  cloudtrail_s3_dataevents_write_enabled:
    'CIS-3.0: 3.8 | CIS-4.0.1: 3.8 | NIST-800-53-Revision-5: ac_2_4, ac_3_1, ac_3_10 | PCI-4.0: 10.2.1.1.7, 10.2.1.2.7, 10.2.1.3.7 | SOC2: cc_2_1, cc_7_2, pi_1_2 | ISO27001-2022: A.8.15, A.8.16',
  compute_firewall_rdp_access_from_the_internet_allowed:
    'CIS-3.0: 3.7 | CIS-2.0: 3.7 | ISO27001-2022: A.8.20 | PCI-4.0: 1.2.5.17, 1.2.8.21, 1.2.8.41 | SOC2: cc_6_6, cc_6_7',
  compute_firewall_ssh_access_from_the_internet_allowed:
    'CIS-3.0: 3.6 | CIS-2.0: 3.6 | ISO27001-2022: A.8.20 | PCI-4.0: 1.2.5.17, 1.2.8.16, 1.2.8.17 | SOC2: cc_6_6, cc_6_7',
  compute_instance_block_project_wide_ssh_keys_disabled:
    'CIS-3.0: 4.3 | CIS-2.0: 4.3 | PCI-4.0: 8.2.5.1 | SOC2: cc_6_6',
  compute_instance_default_service_account_in_use:
    'CIS-3.0: 4.1 | CIS-2.0: 4.1 | PCI-4.0: 7.2.1.5, 7.2.5.3, 7.3.3.3',
  compute_instance_public_ip:
    'CIS-3.0: 4.9 | CIS-2.0: 4.9 | ISO27001-2022: A.8.1 | PCI-4.0: 1.2.8.26, 1.2.8.32, 1.4.2.19 | SOC2: cc_6_6',
  compute_instance_serial_ports_in_use: 'CIS-3.0: 4.5 | CIS-2.0: 4.5 | SOC2: cc_6_6',
  compute_instance_shielded_vm_enabled: 'CIS-3.0: 4.8 | CIS-2.0: 4.8 | ISO27001-2022: A.8.14',
  compute_network_default_in_use: 'CIS-3.0: 3.1 | CIS-2.0: 3.1 | ISO27001-2022: A.8.20 | PCI-4.0: 1.4.2.19',
  compute_subnet_flow_logs_enabled:
    'CIS-3.0: 3.8 | CIS-2.0: 3.8 | ISO27001-2022: A.8.16, A.8.20, A.8.21 | PCI-4.0: 10.2.1.1.34, 10.2.1.2.21, 10.2.1.2.29 | SOC2: cc_7_2, cc_7_3, cc_a_1_1',
  config_recorder_all_regions_enabled:
    'CIS-3.0: 3.3 | CIS-4.0.1: 3.3 | SOC2: cc_2_1, cc_3_1, cc_3_4 | ISO27001-2022: A.5.16, A.5.22',
  defender_ensure_defender_for_azure_sql_databases_is_on:
    'CIS-3.0: 3.1.7.3 | CIS-2.1: 2.1.3 | ISO27001-2022: A.5.19, A.5.21, A.5.25 | SOC2: cc_3_1, cc_3_2, cc_4_2',
  defender_ensure_defender_for_containers_is_on:
    'CIS-3.0: 3.1.4.1 | CIS-2.1: 2.1.8 | ISO27001-2022: A.5.16, A.5.19, A.5.21 | SOC2: cc_3_1, cc_3_2, cc_4_2',
  defender_ensure_defender_for_keyvault_is_on:
    'CIS-3.0: 3.1.8.1 | CIS-2.1: 2.1.9 | ISO27001-2022: A.5.16, A.5.19, A.5.21 | PCI-4.0: 3.5.1.31, 3.5.1.32, 8.3.2.50 | SOC2: cc_3_1, cc_3_2, cc_4_2',
  defender_ensure_defender_for_server_is_on:
    'CIS-3.0: 3.1.3.1 | CIS-2.1: 2.1.1 | ISO27001-2022: A.5.16, A.5.19, A.5.21 | SOC2: cc_3_1, cc_3_2, cc_4_2',
  defender_ensure_defender_for_storage_is_on:
    'CIS-3.0: 3.1.5.1 | CIS-2.1: 2.1.7 | ISO27001-2022: A.5.16, A.5.19, A.5.21 | SOC2: cc_3_1, cc_3_2, cc_4_2',
  dns_dnssec_disabled: 'CIS-3.0: 3.3 | CIS-2.0: 3.3 | PCI-4.0: 5.3.4.31 | SOC2: cc_6_7',
  ec2_ebs_default_encryption:
    'NIST-800-53-Revision-5: au_9_3, cm_6_a, cm_9_b | ISO27001-2022: A.8.11, A.8.24',
  ec2_ebs_public_snapshot:
    'NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_7 | SOC2: cc_6_6 | ISO27001-2022: A.8.1',
  ec2_ebs_snapshots_encrypted: 'PCI-4.0: 3.5.1.13, 8.3.2.20 | SOC2: cc_7_5 | ISO27001-2022: A.8.24',
  ec2_ebs_volume_encryption:
    'CIS-3.0: 2.2.1 | CIS-4.0.1: 5.1.1 | NIST-800-53-Revision-5: au_9_3, cm_6_a, cm_9_b | PCI-4.0: 3.5.1.20, 8.3.2.34 | SOC2: pi_1_5 | ISO27001-2022: A.8.11, A.8.24',
  ec2_ebs_volume_snapshots_exists: 'PCI-4.0: 10.5.1.7, 3.2.1.6, 3.3.1.1.6 | SOC2: cc_7_5',
  ec2_instance_detailed_monitoring_enabled: 'PCI-4.0: 10.2.1.1.15, 10.4.1.1.4, 10.4.1.3',
  ec2_instance_imdsv2_enabled:
    'CIS-3.0: 5.6 | CIS-4.0.1: 5.7 | NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_3 | PCI-4.0: 8.2.8.4 | SOC2: cc_7_2 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_instance_managed_by_ssm:
    'NIST-800-53-Revision-5: cm_2_a, cm_2_b, cm_2_b_1 | SOC2: cc_3_2, cc_7_1 | ISO27001-2022: A.5.26',
  ec2_instance_port_ssh_exposed_to_internet: 'SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_instance_public_ip:
    'NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_7 | SOC2: cc_6_6 | ISO27001-2022: A.8.1, A.8.20, A.8.21',
  ec2_instance_secrets_user_data: 'ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_allow_ingress_from_internet_to_all_ports:
    'CIS-3.0: 5.2, 5.3 | CIS-4.0.1: 5.3, 5.4 | SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_allow_ingress_from_internet_to_high_risk_tcp_ports:
    'SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22:
    'CIS-3.0: 5.2, 5.3 | CIS-4.0.1: 5.3, 5.4 | NIST-800-53-Revision-5: ac_17_b, ac_17_1, ac_17_9 | PCI-4.0: 1.2.8.17, 1.3.1.19, 1.3.2.19 | SOC2: cc_6_6, cc_7_2 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389:
    'CIS-3.0: 5.2, 5.3 | CIS-4.0.1: 5.3, 5.4 | SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_postgres_5432:
    'SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ec2_securitygroup_not_used: 'ISO27001-2022: A.8.20, A.8.21, A.8.22',
  ecr_repositories_scan_images_on_push_enabled: 'PCI-4.0: 11.3.1.2.1, 11.3.1.3.3, 11.3.1.3',
  elbv2_deletion_protection: 'NIST-800-53-Revision-5: ca_7_4_c, cm_2_a, cm_2_2',
  elbv2_insecure_ssl_ciphers: 'NIST-800-53-Revision-5: sc_8_1, sc_23_5',
  elbv2_logging_enabled:
    'NIST-800-53-Revision-5: ac_4_26, au_2_b, au_3_a | SOC2: cc_7_2, cc_7_3, cc_a_1_1 | ISO27001-2022: A.8.15',
  elbv2_waf_acl_attached: 'NIST-800-53-Revision-5: ac_4_21 | PCI-4.0: 6.4.1.1, 6.4.2.1',
  guardduty_is_enabled:
    'NIST-800-53-Revision-5: ac_2_12_a, ac_3_12_b, au_3_1 | PCI-4.0: 11.5.1.1.2, 11.5.1.2 | SOC2: cc_3_1, cc_3_2, cc_4_2 | ISO27001-2022: A.5.19, A.5.21, A.5.25',
  iam_audit_logs_enabled:
    'CIS-3.0: 2.1 | CIS-2.0: 2.1 | ISO27001-2022: A.8.16 | PCI-4.0: 1.5.1.31, 10.2.1.1.7, 10.2.1.1.10 | SOC2: cc_7_2, cc_7_3, cc_a_1_1',
  iam_customer_attached_policy_no_administrative_privileges:
    'CIS-3.0: 1.16 | CIS-4.0.1: 1.16 | NIST-800-53-Revision-5: ac_2_1, ac_2_6, ac_2_i_2 | SOC2: cc_1_3, cc_6_3 | ISO27001-2022: A.5.18, A.8.2',
  iam_no_root_access_key:
    'CIS-3.0: 1.4 | CIS-4.0.1: 1.4 | NIST-800-53-Revision-5: ac_2_1, ac_2_6, ac_3_3 | PCI-4.0: 7.2.1.17, 7.2.2.17, 7.2.3.8 | ISO27001-2022: A.5.15',
  iam_password_policy_minimum_length_14:
    'CIS-3.0: 1.8 | CIS-4.0.1: 1.8 | NIST-800-53-Revision-5: ac_2_1, ac_2_3_a, ac_2_3_b | ISO27001-2022: A.5.15, A.5.15',
  iam_password_policy_reuse_24: 'CIS-3.0: 1.9 | CIS-4.0.1: 1.9 | ISO27001-2022: A.5.15, A.5.15',
  iam_policy_attached_only_to_group_or_roles:
    'CIS-3.0: 1.15 | CIS-4.0.1: 1.15 | NIST-800-53-Revision-5: ac_2_1, ac_2_6, ac_2_i_2 | PCI-4.0: 7.2.1.12, 7.2.1.13, 7.2.2.12 | SOC2: cc_1_3 | ISO27001-2022: A.5.15',
  iam_root_mfa_enabled:
    'CIS-3.0: 1.5 | CIS-4.0.1: 1.5 | NIST-800-53-Revision-5: ac_2_1, ac_3_2, ac_3_3 | PCI-4.0: 8.4.1.4, 8.4.2.4, 8.4.3.4 | ISO27001-2022: A.5.15, A.5.17, A.8.5',
  iam_rotate_access_key_90_days:
    'CIS-3.0: 1.14 | CIS-4.0.1: 1.14 | NIST-800-53-Revision-5: ac_2_1, ac_3_3, ac_3_3_a | PCI-4.0: 8.3.10.1.1, 8.3.5.1, 8.3.7.1 | ISO27001-2022: A.5.15, A.5.15',
  iam_sa_no_administrative_privileges:
    'CIS-3.0: 1.5 | CIS-2.0: 1.5 | ISO27001-2022: A.5.15, A.5.18, A.8.2 | PCI-4.0: 1.5.1.31, 7.2.1.5, 7.2.1.11 | SOC2: cc_1_3, cc_6_3',
  iam_sa_no_user_managed_keys:
    'CIS-3.0: 1.4 | CIS-2.0: 1.4 | ISO27001-2022: A.5.15, A.8.2 | PCI-4.0: 3.5.1.1.8, 3.5.1.3.16, 3.6.1.3.8 | SOC2: cc_1_3',
  iam_sa_user_managed_key_rotate_90_days:
    'CIS-3.0: 1.7 | CIS-2.0: 1.7 | ISO27001-2022: A.5.16 | PCI-4.0: 3.7.5.2, 7.2.5.1.2, 8.3.10.1.1',
  iam_user_accesskey_unused:
    'CIS-3.0: 1.12 | CIS-4.0.1: 1.12 | NIST-800-53-Revision-5: ac_2_1, ac_2_3_a, ac_2_3_b | PCI-4.0: 7.2.4.2, 7.2.5.1.2, 8.2.6.2 | SOC2: cc_1_3 | ISO27001-2022: A.5.15',
  iam_user_administrator_access_policy: 'PCI-4.0: 7.2.1.19, 7.2.2.19, 7.2.5.13',
  iam_user_mfa_enabled_console_access:
    'CIS-3.0: 1.10 | CIS-4.0.1: 1.10 | NIST-800-53-Revision-5: ac_2_1, ac_2_1, ac_3_2 | PCI-4.0: 8.4.1.1, 8.4.1.2, 8.4.2.1 | ISO27001-2022: A.5.15, A.5.15, A.5.17',
  iam_user_two_active_access_key: 'CIS-3.0: 1.13 | CIS-4.0.1: 1.13',
  keyvault_logging_enabled:
    'CIS-3.0: 6.1.4 | CIS-2.1: 5.1.4 | ISO27001-2022: A.8.15 | PCI-4.0: 10.3.2.4, 10.3.3.6, 10.3.4.5 | SOC2: cc_7_2, cc_7_3, cc_a_1_1',
  keyvault_private_endpoints:
    'CIS-3.0: 3.3.7 | CIS-2.1: 8.7 | PCI-4.0: 1.2.8.38, 1.3.1.42, 1.3.2.42 | SOC2: cc_3_3',
  keyvault_rbac_enabled: 'CIS-3.0: 3.3.6 | CIS-2.1: 8.6 | PCI-4.0: 3.5.1.1.7, 3.5.1.3.15, 3.6.1.2.7',
  keyvault_recoverable: 'CIS-3.0: 3.3.5 | CIS-2.1: 8.5 | SOC2: pi_1_5',
  kms_cmk_rotation_enabled:
    'CIS-3.0: 3.6 | CIS-4.0.1: 3.6 | NIST-800-53-Revision-5: cm_6_a, cm_9_b, sa_9_6 | PCI-4.0: 3.7.4.5, 3.7.5.2 | SOC2: pi_1_5 | ISO27001-2022: A.8.5, A.8.11, A.8.24',
  kms_key_rotation_enabled:
    'ISO27001-2022: A.5.16, A.5.16, A.8.12 | PCI-4.0: 10.3.3.6, 3.5.1.1.7, 3.5.1.1.8 | SOC2: pi_1_5',
  network_rdp_internet_access_restricted:
    'CIS-3.0: 7.1 | CIS-2.1: 6.1 | ISO27001-2022: A.8.14, A.8.20, A.8.21 | SOC2: cc_6_6',
  network_ssh_internet_access_restricted:
    'CIS-3.0: 7.2 | CIS-2.1: 6.2 | ISO27001-2022: A.8.14, A.8.20, A.8.21 | PCI-4.0: 1.2.5.17, 1.2.8.17, 1.2.8.18 | SOC2: cc_6_6',
  rds_instance_backup_enabled:
    'NIST-800-53-Revision-5: cp_1_2, cp_1_2, cp_2_5 | PCI-4.0: 10.3.3.8 | SOC2: cc_7_4, cc_a_1_1',
  rds_instance_deletion_protection: 'NIST-800-53-Revision-5: ca_7_4_c, cm_3_a, cp_1_a_1_b | SOC2: cc_c_1_1',
  rds_instance_minor_version_upgrade_enabled: 'CIS-3.0: 2.3.2 | CIS-4.0.1: 2.2.2 | PCI-4.0: 6.3.3.10',
  rds_instance_multi_az:
    'CIS-4.0.1: 2.2.4 | NIST-800-53-Revision-5: cp_1_a_1_b, cp_1_a_2, cp_2_a | ISO27001-2022: A.8.14',
  rds_instance_no_public_access:
    'CIS-3.0: 2.3.3 | CIS-4.0.1: 2.2.3 | NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_7 | PCI-4.0: 1.2.8.28, 1.3.1.31, 1.3.2.31 | SOC2: cc_6_2 | ISO27001-2022: A.8.1',
  rds_instance_storage_encrypted:
    'CIS-3.0: 2.3.1 | CIS-4.0.1: 2.2.1 | NIST-800-53-Revision-5: au_9_3, au_9_3, cp_9_d | PCI-4.0: 3.5.1.27, 8.3.2.44 | SOC2: pi_1_5 | ISO27001-2022: A.8.11, A.8.24',
  s3_bucket_cross_account_access: 'PCI-4.0: 10.6.3.33, 10.6.3.35, 7.2.1.25',
  s3_bucket_default_encryption:
    'NIST-800-53-Revision-5: au_9_3, cm_6_a, cm_9_b | PCI-4.0: 3.5.1.30, 8.3.2.48 | SOC2: pi_1_4 | ISO27001-2022: A.8.11, A.8.24',
  s3_bucket_level_public_access_block: 'CIS-3.0: 2.1.4 | CIS-4.0.1: 2.1.4',
  s3_bucket_lifecycle_enabled: 'PCI-4.0: 10.5.1.12, 10.5.1.13, 3.2.1.8 | ISO27001-2022: A.8.10',
  s3_bucket_no_mfa_delete: 'CIS-3.0: 2.1.2 | CIS-4.0.1: 2.1.2 | PCI-4.0: 10.3.2.22, 3.5.1.3.27, 8.4.1.5',
  s3_bucket_object_versioning:
    'NIST-800-53-Revision-5: au_9_2, cp_1_2, cp_2_5 | PCI-4.0: 10.3.4.9 | SOC2: cc_7_4, cc_a_1_1, cc_c_1_2 | ISO27001-2022: A.8.3, A.8.10',
  s3_bucket_policy_public_write_access: 'NIST-800-53-Revision-5: ac_2_6, ac_3, ac_3_7 | ISO27001-2022: A.8.1',
  s3_bucket_public_access:
    'NIST-800-53-Revision-5: ac_2_6, ac_2_6, ac_3 | PCI-4.0: 1.2.8.33, 1.2.8.34, 1.3.1.37 | SOC2: cc_6_1 | ISO27001-2022: A.8.1',
  s3_bucket_secure_transport_policy:
    'CIS-3.0: 2.1.1 | CIS-4.0.1: 2.1.1 | NIST-800-53-Revision-5: ac_4, ac_4_22, ac_17_2 | PCI-4.0: 1.2.5.15, 2.2.5.15, 2.2.7.19',
  s3_bucket_server_access_logging_enabled:
    'NIST-800-53-Revision-5: ac_2_4, ac_3_1, ac_3_10 | PCI-4.0: 10.2.1.1.30, 10.2.1.2.27, 10.2.1.3.27 | SOC2: cc_7_2, cc_7_3, cc_a_1_1 | ISO27001-2022: A.8.15',
  secretsmanager_automatic_rotation_enabled:
    'NIST-800-53-Revision-5: ac_2_1, ac_3_3, ac_3_3_a | PCI-4.0: 3.5.1.34, 8.2.2.8, 8.2.2.9',
  sqlserver_auditing_enabled:
    'CIS-3.0: 5.1.1 | CIS-2.1: 4.1.1 | PCI-4.0: 10.2.1.1.26, 10.2.1.1.27, 10.2.1.2.23 | SOC2: pi_1_2',
  sqlserver_azuread_administrator_enabled:
    'CIS-3.0: 5.1.4 | CIS-2.1: 4.1.4 | PCI-4.0: 7.2.1.20, 7.2.1.22, 7.2.1.23',
  sqlserver_microsoft_defender_enabled: 'SOC2: cc_3_1, cc_3_2, cc_4_2',
  sqlserver_unrestricted_inbound_access:
    'CIS-3.0: 5.1.2 | CIS-2.1: 4.1.2 | PCI-4.0: 1.2.8.27, 1.2.8.28, 1.3.1.30 | SOC2: cc_6_2',
  sqs_queues_server_side_encryption_enabled: 'ISO27001-2022: A.8.11, A.8.24',
  storage_blob_public_access_level_is_disabled:
    'ISO27001-2022: A.8.1 | PCI-4.0: 1.2.8.30, 1.2.8.31, 1.2.8.32 | SOC2: cc_6_1',
  storage_default_network_access_rule_is_denied: 'CIS-3.0: 4.7 | CIS-2.1: 3.8',
  storage_ensure_encryption_with_customer_managed_keys:
    'CIS-3.0: 4.11 | CIS-2.1: 3.12 | ISO27001-2022: A.8.5, A.8.11, A.8.24 | PCI-4.0: 3.5.1.34, 8.3.2.53 | SOC2: cc_6_7, cc_7_5, pi_1_4',
  storage_ensure_minimum_tls_version_12: 'CIS-3.0: 4.15 | CIS-2.1: 3.15 | SOC2: cc_6_6',
  storage_ensure_soft_delete_is_enabled:
    'CIS-3.0: 4.10 | CIS-2.1: 3.11 | ISO27001-2022: A.8.10 | PCI-4.0: 10.3.2.22, 3.5.1.3.27, 8.4.1.5 | SOC2: cc_7_4, cc_c_1_1, cc_c_1_2',
  storage_key_rotation_90_days: 'CIS-3.0: 4.4 | CIS-2.1: 3.4',
  storage_secure_transfer_required_is_enabled:
    'CIS-3.0: 4.1 | CIS-2.1: 3.1 | ISO27001-2022: A.8.12, A.8.14, A.8.24 | PCI-4.0: 1.2.5.15, 2.2.5.15, 2.2.7.19 | SOC2: cc_6_2, cc_6_7',
  vm_ensure_attached_disks_encrypted_with_cmk:
    'CIS-3.0: 8.3 | CIS-2.1: 7.3 | ISO27001-2022: A.8.11, A.8.24 | SOC2: cc_6_7, cc_7_4, cc_7_5',
  vm_ensure_using_managed_disks:
    'CIS-3.0: 8.2 | CIS-2.1: 7.2 | ISO27001-2022: A.8.14 | PCI-4.0: 10.5.1.7, 3.2.1.6, 3.3.1.1.6',
  vm_trusted_launch_enabled: 'CIS-3.0: 8.11 | CIS-2.1: 7.9 | ISO27001-2022: A.8.14',
  vpc_flow_logs_enabled:
    'CIS-3.0: 3.7 | CIS-4.0.1: 3.7 | NIST-800-53-Revision-5: ac_4_26, au_2_b, au_3_a | PCI-4.0: 10.2.1.1.34, 10.2.1.2.29, 10.2.1.3.29 | SOC2: cc_7_2, cc_7_3 | ISO27001-2022: A.8.15, A.8.16, A.8.20',
  vpc_subnet_no_public_ip_by_default: 'SOC2: cc_6_6 | ISO27001-2022: A.8.20, A.8.21, A.8.22',
};
