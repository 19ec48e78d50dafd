# The replica that feeds the log dashboards. The balancer is internal.

locals {
  listeners = {
    https  = 8443
    native = 9440
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
  internal           = true
  load_balancer_type = "network"
  security_groups    = [aws_security_group.edge.id]
  subnets            = var.private_subnets
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
