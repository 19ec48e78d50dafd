# The replica that feeds the log dashboards. The balancer is shared with the public site.

locals {
  listeners = {
    http   = 8123
    native = 9000
  }
}

resource "aws_security_group" "edge" {
  name   = "edge"
  vpc_id = var.vpc_id

  dynamic "ingress" {
    for_each = local.listeners
    content {
      description = ingress.key
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = var.clients
    }
  }
}

resource "aws_lb" "edge" {
  name               = "edge"
  internal           = false
  load_balancer_type = "network"
  security_groups    = [aws_security_group.edge.id]
  subnets            = var.public_subnets
}

resource "aws_lb_target_group" "logs" {
  for_each    = local.listeners
  name        = "logs-${each.key}"
  port        = each.value
  protocol    = "TCP"
  target_type = "ip"
  vpc_id      = var.vpc_id
}

resource "aws_lb_listener" "logs" {
  for_each          = local.listeners
  load_balancer_arn = aws_lb.edge.arn
  port              = each.value
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.logs[each.key].arn
  }
}
