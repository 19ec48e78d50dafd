//! Images of programs that pass their clients on to others, and may ask them for a login.

use super::reference::Reference;

/// A program whose configuration says whom it passes on to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProxyKind {
    Caddy,
    Envoy,
    Gatekeeper,
    Haproxy,
    KubeRbacProxy,
    Nginx,
    Oauth2Proxy,
    Pomerium,
    Traefik,
}

/// Names of images as their makers publish them, and of builds with the same files.
const IMAGES: [(&str, ProxyKind); 32] = [
    ("nginx", ProxyKind::Nginx),
    ("nginxinc/nginx-unprivileged", ProxyKind::Nginx),
    ("nginx/nginx", ProxyKind::Nginx),
    ("openresty/openresty", ProxyKind::Nginx),
    ("bitnami/nginx", ProxyKind::Nginx),
    ("bitnamilegacy/nginx", ProxyKind::Nginx),
    ("linuxserver/nginx", ProxyKind::Nginx),
    ("lscr.io/linuxserver/nginx", ProxyKind::Nginx),
    ("linuxserver/swag", ProxyKind::Nginx),
    ("lscr.io/linuxserver/swag", ProxyKind::Nginx),
    ("haproxy", ProxyKind::Haproxy),
    ("haproxytech/haproxy-*", ProxyKind::Haproxy),
    ("bitnami/haproxy", ProxyKind::Haproxy),
    ("envoyproxy/envoy", ProxyKind::Envoy),
    ("envoyproxy/envoy-*", ProxyKind::Envoy),
    ("bitnami/envoy", ProxyKind::Envoy),
    ("caddy", ProxyKind::Caddy),
    ("quay.io/oauth2-proxy/oauth2-proxy", ProxyKind::Oauth2Proxy),
    ("quay.io/pusher/oauth2_proxy", ProxyKind::Oauth2Proxy),
    ("bitnami/oauth2-proxy", ProxyKind::Oauth2Proxy),
    ("bitnamilegacy/oauth2-proxy", ProxyKind::Oauth2Proxy),
    ("quay.io/brancz/kube-rbac-proxy", ProxyKind::KubeRbacProxy),
    ("gcr.io/kubebuilder/kube-rbac-proxy", ProxyKind::KubeRbacProxy),
    ("quay.io/openshift/origin-kube-rbac-proxy", ProxyKind::KubeRbacProxy),
    ("registry.redhat.io/openshift4/ose-kube-rbac-proxy*", ProxyKind::KubeRbacProxy),
    ("quay.io/gogatekeeper/gatekeeper", ProxyKind::Gatekeeper),
    ("quay.io/keycloak/keycloak-gatekeeper", ProxyKind::Gatekeeper),
    ("quay.io/louketo/louketo-proxy", ProxyKind::Gatekeeper),
    ("pomerium/pomerium", ProxyKind::Pomerium),
    ("traefik", ProxyKind::Traefik),
    ("traefik/traefik", ProxyKind::Traefik),
    ("ghcr.io/traefik/traefik", ProxyKind::Traefik),
];

/// The program in an image, if it is such a proxy.
pub(crate) fn proxy(image: &str) -> Option<ProxyKind> {
    let image = Reference::parse(image);
    IMAGES.iter().find(|(pattern, _)| image.is(pattern).is_some()).map(|(_, kind)| *kind)
}
