# The two policies, as JSON. No provider is needed, so that a test can compute them.

locals {
  loading_policy = jsondecode(file("${path.module}/../../../docs/airflow-loading-policy.json"))
  # Airflow logs in as the database user of its role. Those that are not here are for clusters, or depend on the prefixes.
  needed = ["EtlWriteManifests", "ReportWrite", "PageReadReport", "LoginServerless"]
  values = {
    ACCOUNT      = var.account
    BUCKET       = var.bucket
    REGION       = var.region
    WORKGROUP_ID = var.workgroup_id
  }

  bucket_arn  = "arn:aws:s3:::${var.bucket}"
  list_bucket = { StringLike = { "s3:prefix" = [for prefix in var.prefixes : "${prefix}*"] } }
}

output "copy" {
  description = "What the role that COPY uses may do."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = local.bucket_arn
        Condition = local.list_bucket
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for prefix in var.prefixes : "${local.bucket_arn}/${prefix}*"]
      }
    ]
  })
}

output "airflow" {
  description = "What Airflow's role may do."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "EtlListFiles"
          Effect    = "Allow"
          Action    = ["s3:ListBucket"]
          Resource  = [local.bucket_arn]
          Condition = local.list_bucket
        },
        {
          Sid      = "EtlReadFiles"
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = [for prefix in var.prefixes : "${local.bucket_arn}/${prefix}*" if prefix != "manifests/"]
        }
      ],
      [
        for statement in local.loading_policy.Statement : merge(statement, {
          Resource = [
            for resource in flatten([statement.Resource]) : join(":", [
              for part in split(":", resource) : join("/", [
                for word in split("/", part) : lookup(local.values, word, word)
              ])
            ])
          ]
        }) if contains(local.needed, statement.Sid)
      ],
      [{
        Sid      = "ReadConnection"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [var.connection_secret_arn]
      }]
    )
  })
}
