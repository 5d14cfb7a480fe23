output "bucket" {
  description = "Set the Airflow Variable sparkify_bucket to it."
  value       = aws_s3_bucket.data.id
}

output "copy_role_arn" {
  description = "The role that COPY uses. It is the default role of the namespace."
  value       = aws_iam_role.copy.arn
}

output "administrator_secret_arn" {
  description = "The secret with the password of the administrator, who creates the schema and the user that loads."
  value       = aws_redshiftserverless_namespace.warehouse.admin_password_secret_arn
}

output "administrator_connection" {
  description = "The Airflow connection of the administrator, as JSON without a password: AIRFLOW_CONN_REDSHIFT_ADMIN."
  value = jsonencode({
    conn_type = "redshift"
    schema    = var.database
    extra = {
      serverless_work_group = aws_redshiftserverless_workgroup.warehouse.workgroup_name
      secret_arn            = aws_redshiftserverless_namespace.warehouse.admin_password_secret_arn
      region                = data.aws_region.current.region
    }
  })
}

output "loading_user" {
  description = "The database user that Airflow logs in as; docs/aws.md has its grants."
  value       = "IAMR:${var.airflow_role_name}"
}
