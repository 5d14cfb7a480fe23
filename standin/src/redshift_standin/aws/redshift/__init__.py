"""The control plane of provisioned clusters, based on moto's."""
