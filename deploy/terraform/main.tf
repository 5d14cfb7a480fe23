# A bucket, the role that COPY uses, a Redshift Serverless workgroup, and the Airflow connection as a secret:
# docs/deployment.md.

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

module "policies" {
  source = "./policies"

  account               = data.aws_caller_identity.current.account_id
  region                = data.aws_region.current.region
  bucket                = aws_s3_bucket.data.id
  prefixes              = var.prefixes
  workgroup_id          = aws_redshiftserverless_workgroup.warehouse.workgroup_id
  connection_secret_arn = aws_secretsmanager_secret.connection.arn
}

resource "aws_s3_bucket" "data" {
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = aws_s3_bucket.data.id

  # Manifests of failed runs, should sparkify_maintenance not run.
  rule {
    id     = "manifests"
    status = "Enabled"

    filter {
      prefix = "manifests/"
    }

    expiration {
      days = 30
    }
  }
}

resource "aws_iam_role" "copy" {
  name = "${var.name}-copy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "copy" {
  name   = "read"
  role   = aws_iam_role.copy.id
  policy = module.policies.copy
}

resource "aws_security_group" "warehouse" {
  name        = "${var.name}-warehouse"
  description = "Redshift Serverless workgroup ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "workers" {
  security_group_id            = aws_security_group.warehouse.id
  referenced_security_group_id = var.workers_security_group_id
  description                  = "Airflow workers"
  ip_protocol                  = "tcp"
  from_port                    = 5439
  to_port                      = 5439
}

resource "aws_redshiftserverless_namespace" "warehouse" {
  namespace_name        = var.name
  db_name               = var.database
  admin_username        = "awsuser"
  manage_admin_password = true
  default_iam_role_arn  = aws_iam_role.copy.arn
  iam_roles             = [aws_iam_role.copy.arn]
}

resource "aws_redshiftserverless_workgroup" "warehouse" {
  namespace_name      = aws_redshiftserverless_namespace.warehouse.namespace_name
  workgroup_name      = var.name
  base_capacity       = var.base_capacity
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.warehouse.id]
  publicly_accessible = false
  # No config_parameter: AWS returns all of them, and Terraform would change those that are not here in each run. A new
  # workgroup requires TLS.
}

resource "aws_redshiftserverless_usage_limit" "compute" {
  resource_arn  = aws_redshiftserverless_workgroup.warehouse.arn
  usage_type    = "serverless-compute"
  period        = "daily"
  amount        = var.rpu_hours_per_day
  breach_action = "deactivate"
}

# What Airflow's secrets backend reads as the connection redshift_default. It contains no password.
resource "aws_secretsmanager_secret" "connection" {
  name        = "airflow/connections/redshift_default"
  description = "Airflow connection to the workgroup ${var.name}"
  # So that the name can be used again at once.
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "connection" {
  secret_id = aws_secretsmanager_secret.connection.id
  secret_string = jsonencode({
    conn_type = "redshift"
    schema    = var.database
    extra = {
      iam                   = true
      serverless_work_group = aws_redshiftserverless_workgroup.warehouse.workgroup_name
      region                = data.aws_region.current.region
    }
  })
}

resource "aws_iam_role_policy" "airflow" {
  name   = "${var.name}-loading"
  role   = var.airflow_role_name
  policy = module.policies.airflow
}
