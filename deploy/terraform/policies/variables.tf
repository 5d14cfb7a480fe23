variable "account" {
  type = string
}

variable "region" {
  type = string
}

variable "bucket" {
  type = string
}

variable "prefixes" {
  type = list(string)
}

variable "workgroup_id" {
  type = string
}

variable "connection_secret_arn" {
  type = string
}
