resource "helm_release" "search" {
  name       = "search"
  repository = "https://helm.elastic.co"
  chart      = "elasticsearch"
  version    = "7.17.3"
  namespace  = "search"

  values = [file("${path.module}/search.yaml")]

  set {
    name  = "service.type"
    value = "LoadBalancer"
  }
}
