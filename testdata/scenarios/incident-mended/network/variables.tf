variable "vpc_id" {
  type = string
}

variable "private_subnets" {
  type = list(string)
}

variable "clients" {
  type        = list(string)
  description = "Networks that may talk to the log replica"
  default     = ["10.20.0.0/16"]
}
