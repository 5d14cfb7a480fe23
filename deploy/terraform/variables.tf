variable "bucket" {
  description = "Name of the bucket to create for the data, the manifests and the report."
  type        = string
}

variable "prefixes" {
  description = "Key prefixes that COPY and Airflow may read in the bucket, without wildcards. The list replaces the default one."
  type        = list(string)
  default     = ["log_data/", "song_data/", "log_json_path.json", "manifests/"]

  validation {
    condition     = contains(var.prefixes, "manifests/")
    error_message = "COPY reads the manifests of the runs: keep manifests/ in the list."
  }

  validation {
    condition     = alltrue([for prefix in var.prefixes : can(regex("^[^/*?$][^*?$]*$", prefix))])
    error_message = "Write prefixes such as orders/, without wildcards."
  }
}

variable "name" {
  description = "Name of the namespace and of the workgroup, and the prefix of the roles."
  type        = string
  default     = "sparkify"
}

variable "database" {
  description = "Name of the database."
  type        = string
  default     = "dev"
}

variable "vpc_id" {
  description = "VPC of the Airflow workers."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the workgroup, in at least three availability zones."
  type        = list(string)
}

variable "workers_security_group_id" {
  description = "Security group of the Airflow workers, which may connect to the workgroup."
  type        = string
}

variable "airflow_role_name" {
  description = "Name of the role that the Airflow workers, the triggerer and the API server have."
  type        = string
}

variable "base_capacity" {
  description = "RPUs while the workgroup is active: docs/sizing.md."
  type        = number
  default     = 4
}

variable "rpu_hours_per_day" {
  description = "Usage limit: after as many RPU-hours in a day, queries are turned off until the next one."
  type        = number
  default     = 24
}
