//! Manifests in, who gets into the store out.

#[cfg(test)]
mod cases {
    use crate::engine::RuleSet;
    use crate::model::reach::Reach;
    use crate::session::check_texts;

    /// A store that asks for nothing, in the namespace `db`, and its Service.
    const STORE: &str = "
apiVersion: v1
kind: Pod
metadata: {name: cache, namespace: db, labels: {app: cache}}
spec: {containers: [{name: redis, image: 'redis:7', ports: [{name: data, containerPort: 6379}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: db}
spec: {selector: {app: cache}, ports: [{name: redis, port: 6379, targetPort: data}]}
";

    /// `internet`, `internet likely`, `internet possible`.
    fn widest(reach: &Reach) -> String {
        match reach {
            r if r.may > r.likely => format!("{} possible", r.may),
            r if r.likely > r.sure => format!("{} likely", r.likely),
            r => r.sure.to_string(),
        }
    }

    /// Who can connect to the store, and who gets in without proof.
    #[track_caller]
    fn check(objects: &[&str], reach: &str, open_to: &str) {
        let texts: Vec<String> =
            [STORE].iter().chain(objects).map(|t| t.trim().to_owned()).collect();
        let files = [("all.yaml".to_owned(), texts.join("\n---\n"))];
        let none: [(&str, &str); 0] = [];
        let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
        let store = &run.model.datastores[0];
        let shown = |fact: &crate::model::fact::Fact<std::sync::Arc<Reach>>| {
            fact.known().map_or("?".to_owned(), |reach| widest(reach))
        };
        let is = (shown(&store.reach), shown(&store.open_to));
        assert_eq!(is, (reach.to_owned(), open_to.to_owned()), "{}", objects.join("\n---\n"));
    }

    const API: &str = "apiVersion: gateway.networking.k8s.io/v1";

    fn gateway(class: &str, allowed: &str) -> String {
        format!(
            "{API}\nkind: Gateway\nmetadata: {{name: edge, namespace: infra, labels: {{tier: \
             edge}}}}\nspec:\n  gatewayClassName: {class}\n  listeners:\n  - {{name: redis, \
             protocol: TCP, port: 6379, allowedRoutes: {{namespaces: {{{allowed}}}}}}}\n  - {{name: \
             web, protocol: HTTP, port: 80, hostname: '*.example.org', allowedRoutes: \
             {{namespaces: {{{allowed}}}}}}}"
        )
    }

    fn route(kind: &str, namespace: &str, parent: &str, backend: &str) -> String {
        format!(
            "{API}\nkind: {kind}\nmetadata: {{name: cache, namespace: {namespace}}}\nspec:\n  \
             parentRefs: [{{name: edge, namespace: infra{parent}}}]\n  rules: [{{backendRefs: \
             [{{name: cache, port: 6379{backend}}}]}}]"
        )
    }

    const GKE: &str = "gke-l7-global-external-managed";

    #[test]
    fn a_route_attaches_where_listener_and_namespaces_agree() {
        let all = |class: &str| gateway(class, "from: All");
        let tcp = route("TCPRoute", "db", "", "");
        check(&[&all(GKE), &tcp], "internet", "internet");
        check(&[&all("gke-l7-rilb"), &tcp], "private-network", "private-network");
        check(&[&all("envoy"), &tcp], "internet likely", "internet likely");
        check(&[&tcp], "internet possible", "internet possible");
        check(&[&gateway(GKE, ""), &tcp], "cluster", "cluster");
        check(
            &[&all(GKE), &route("TCPRoute", "db", ", sectionName: redis", "")],
            "internet",
            "internet",
        );
        check(
            &[&all(GKE), &route("TCPRoute", "db", ", sectionName: web", "")],
            "cluster",
            "cluster",
        );
        check(&[&all(GKE), &route("TCPRoute", "db", ", port: 80", "")], "cluster", "cluster");
        check(&[&all(GKE), &route("UDPRoute", "db", "", "")], "cluster", "cluster");
        check(&[&all(GKE), &route("TCPRoute", "db", ", kind: Service", "")], "cluster", "cluster");
    }

    #[test]
    fn a_listener_may_choose_namespaces_by_their_labels() {
        let chosen = gateway(GKE, "from: Selector, selector: {matchLabels: {open: 'yes'}}");
        let tcp = route("TCPRoute", "db", "", "");
        let namespace = |labels: &str| {
            format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: db, labels: {{{labels}}}}}")
        };
        check(&[&chosen, &tcp, &namespace("open: 'yes'")], "internet", "internet");
        check(&[&chosen, &tcp, &namespace("open: 'no'")], "cluster", "cluster");
        check(&[&chosen, &tcp], "internet possible", "internet possible");
    }

    #[test]
    fn a_route_without_a_host_of_the_listener_does_not_attach() {
        let all = gateway(GKE, "from: All");
        let http = |hosts: &str| {
            let route = route("HTTPRoute", "db", "", "");
            route.replacen("spec:\n", &format!("spec:\n  hostnames: [{hosts}]\n"), 1)
        };
        check(&[&all, &http("cache.example.org")], "internet", "internet");
        check(&[&all, &http("'*.org'")], "internet", "internet");
        check(&[&all, &http("cache.example.com")], "cluster", "cluster");
    }

    #[test]
    fn a_reference_into_another_namespace_needs_a_grant() {
        let all = gateway(GKE, "from: All");
        let far = route("TCPRoute", "infra", "", ", namespace: db");
        let grant = |kind: &str, to: &str| {
            format!(
                "{API}\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: db}}\nspec:\n  from: \
                 [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: infra}}]\n  to: \
                 [{{group: '', kind: Service{to}}}]"
            )
        };
        check(&[&all, &far], "cluster", "cluster");
        check(&[&all, &far, &grant("TCPRoute", "")], "internet", "internet");
        check(&[&all, &far, &grant("TCPRoute", ", name: cache")], "internet", "internet");
        check(&[&all, &far, &grant("TCPRoute", ", name: other")], "cluster", "cluster");
        check(&[&all, &far, &grant("HTTPRoute", "")], "cluster", "cluster");
    }

    #[test]
    fn the_most_specific_policy_holds_alone() {
        let http = route("HTTPRoute", "db", "", "");
        let all = gateway(GKE, "from: All");
        let policy = |namespace: &str, target: &str, spec: &str| {
            format!(
                "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: \
                 {{name: p, namespace: {namespace}}}\nspec:\n  {target}\n  {spec}"
            )
        };
        let on_route =
            |spec: &str| policy("db", "targetRefs: [{kind: HTTPRoute, name: cache}]", spec);
        let on_gateway =
            |spec: &str| policy("infra", "targetRef: {kind: Gateway, name: edge}", spec);
        let inside = |objects: &[&str], open_to| {
            let all: Vec<&str> =
                [&*all, &*http].into_iter().chain(objects.iter().copied()).collect();
            check(&all, "internet", open_to);
        };
        inside(&[], "internet");
        inside(&[&on_route("basicAuth: {users: {name: s}}")], "cluster");
        inside(&[&on_route("jwt: {optional: true, providers: []}")], "internet");
        inside(&[&on_route("jwt: {providers: []}")], "cluster");
        inside(&[&on_route("extAuth: {failOpen: true}")], "internet");
        inside(&[&on_gateway("oidc: {clientID: x}")], "cluster");
        inside(&[&on_gateway("oidc: {clientID: x}"), &on_route("cors: {}")], "internet");
        inside(
            &[
                &on_gateway("oidc: {clientID: x}"),
                &on_route("cors: {}\n  mergeType: StrategicMerge"),
            ],
            "cluster",
        );
        let selected = "targetSelectors: [{kind: Gateway, matchLabels: {tier: edge}}]";
        inside(&[&policy("infra", selected, "apiKeyAuth: {}")], "cluster");
        let named = "targetRefs: [{kind: Gateway, name: edge, sectionName: redis}]";
        inside(&[&policy("infra", named, "apiKeyAuth: {}")], "internet");
        let foreign = on_gateway("traffic: {jwtAuth: {x: y}}").replace("envoyproxy.io", "acme.io");
        inside(&[&foreign.replace("SecurityPolicy", "AcmePolicy")], "internet possible");
        let ranges =
            "authorization: {rules: [{action: Allow, principal: {clientCIDRs: [10.0.0.0/8]}}]}";
        check(&[&all, &http, &on_route(ranges)], "private-network", "private-network");
    }

    #[test]
    fn parameters_of_a_class_decide_who_gets_to_its_gateways() {
        let tcp = route("TCPRoute", "db", "", "");
        let all = gateway("own", "from: All");
        let class = |controller: &str, parameters: &str| {
            format!(
                "{API}\nkind: GatewayClass\nmetadata: {{name: own}}\nspec:\n  controllerName: \
                 {controller}\n  parametersRef: {{kind: {parameters}, name: p, namespace: infra}}"
            )
        };
        let parameters = |group: &str, kind: &str, spec: &str| {
            format!(
                "apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: p, namespace: infra}}\nspec: {spec}"
            )
        };
        let envoy = class("gateway.envoyproxy.io/gatewayclass-controller", "EnvoyProxy");
        let proxy = |service: &str| {
            let spec = format!("{{provider: {{kubernetes: {{envoyService: {{{service}}}}}}}}}");
            parameters("gateway.envoyproxy.io", "EnvoyProxy", &spec)
        };
        check(&[&all, &tcp, &envoy, &proxy("")], "internet", "internet");
        check(&[&all, &tcp, &envoy, &proxy("type: ClusterIP")], "cluster", "cluster");
        let internal = "annotations: {networking.gke.io/load-balancer-type: Internal}";
        check(&[&all, &tcp, &envoy, &proxy(internal)], "private-network", "private-network");
        check(&[&all, &tcp, &envoy], "internet likely", "internet likely");
        let aws = class("gateway.k8s.aws/nlb", "LoadBalancerConfiguration");
        let scheme = |s: &str| parameters("gateway.k8s.aws", "LoadBalancerConfiguration", s);
        check(&[&all, &tcp, &aws, &scheme("{}")], "private-network", "private-network");
        check(&[&all, &tcp, &aws, &scheme("{scheme: internet-facing}")], "internet", "internet");
        check(&[&all, &tcp, &aws], "internet possible", "internet possible");
    }

    const TRAEFIK: &str = "apiVersion: traefik.io/v1alpha1";

    fn ingress_route(points: &str, middlewares: &str) -> String {
        format!(
            "{TRAEFIK}\nkind: IngressRoute\nmetadata: {{name: r, namespace: db}}\nspec:\n  \
             entryPoints: [{points}]\n  routes:\n  - {{match: x, kind: Rule, middlewares: \
             [{middlewares}], services: [{{name: cache, port: redis}}]}}"
        )
    }

    #[test]
    fn traefik_routes_pass_their_middlewares() {
        let middleware = |name: &str, spec: &str| {
            format!(
                "{TRAEFIK}\nkind: Middleware\nmetadata: {{name: {name}, namespace: db}}\nspec: {{{spec}}}"
            )
        };
        let via = |names: &str| ingress_route("web", names);
        check(&[&via("")], "internet likely", "internet likely");
        let login = middleware("login", "basicAuth: {secret: s}");
        check(&[&via("{name: login}"), &login], "internet likely", "cluster");
        check(&[&via("{name: login}")], "internet likely", "internet possible");
        let chain = middleware("chain", "chain: {middlewares: [{name: login}]}");
        check(&[&via("{name: chain}"), &chain, &login], "internet likely", "cluster");
        let itself = middleware("chain", "chain: {middlewares: [{name: chain}]}");
        check(&[&via("{name: chain}"), &itself], "internet likely", "internet likely");
        let list = middleware("list", "ipAllowList: {sourceRange: [10.0.0.0/8]}");
        check(&[&via("{name: list}"), &list], "private-network likely", "private-network likely");
        let headers = middleware("h", "headers: {}");
        check(&[&via("{name: h}"), &headers], "internet likely", "internet likely");
    }

    #[test]
    fn an_entry_point_is_as_open_as_traefiks_own_service() {
        let traefik = |kind: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: traefik, namespace: t, labels: {{app: \
                 t}}}}\nspec: {{containers: [{{name: t, image: traefik, args: \
                 ['--entryPoints.db.address=:7000/tcp', '--entrypoints.in.address=:7001']}}]}}\n---\
                 \napiVersion: v1\nkind: Service\nmetadata: {{name: traefik, namespace: t}}\nspec: \
                 {{type: {kind}, selector: {{app: t}}, ports: [{{port: 7000}}]}}"
            )
        };
        check(&[&ingress_route("db", ""), &traefik("LoadBalancer")], "internet", "internet");
        check(&[&ingress_route("db", ""), &traefik("ClusterIP")], "cluster", "cluster");
        check(&[&ingress_route("in", ""), &traefik("LoadBalancer")], "cluster", "cluster");
        check(&[&ingress_route("", ""), &traefik("LoadBalancer")], "internet", "internet");
        check(&[&ingress_route("db", "")], "internet possible", "internet possible");
    }

    #[test]
    fn openshift_routes_are_public_and_their_lists_have_blanks() {
        let route = |annotations: &str| {
            format!(
                "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {{name: r, namespace: \
                 db, annotations: {{{annotations}}}}}\nspec: {{to: {{kind: Service, name: cache}}, \
                 port: {{targetPort: redis}}}}"
            )
        };
        let list = "haproxy.router.openshift.io/ip_whitelist";
        check(&[&route("")], "internet likely", "internet likely");
        let blanks = route(&format!("{list}: '10.0.0.0/8 192.168.0.0/16'"));
        check(&[&blanks], "private-network likely", "private-network likely");
        let commas = route(&format!("{list}: '10.0.0.0/8,192.168.0.0/16'"));
        check(&[&commas], "internet likely", "internet likely");
    }

    #[test]
    fn contour_asks_at_the_host_unless_a_route_says_otherwise() {
        let proxy = |host: &str, route: &str| {
            format!(
                "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {{name: p, namespace: \
                 db}}\nspec:\n  virtualhost: {{fqdn: a.example.org{host}}}\n  routes: [{{services: \
                 [{{name: cache, port: 6379}}]{route}}}]"
            )
        };
        const SERVER: &str = ", authorization: {extensionRef: {name: a}}";
        check(&[&proxy("", "")], "internet likely", "internet likely");
        check(&[&proxy(SERVER, "")], "internet likely", "cluster");
        check(
            &[&proxy(SERVER, ", authPolicy: {disabled: true}")],
            "internet likely",
            "internet likely",
        );
        let list = ", ipAllowPolicy: [{source: Peer, cidr: 10.0.0.0/8}]";
        check(&[&proxy("", list)], "private-network likely", "private-network likely");
        let certificate = ", tls: {clientValidation: {caSecret: x}}";
        check(&[&proxy(certificate, "")], "internet likely", "cluster");
        let parts = format!(
            "{}\n---\n{}",
            proxy("", "").replace(
                "routes: [{services: [{name: cache, port: 6379}]}]",
                "includes: [{name: q}]"
            ),
            proxy("", "")
                .replace("name: p", "name: q")
                .replace("  virtualhost: {fqdn: a.example.org}\n", "")
        );
        check(&[&parts], "internet likely", "internet likely");
    }
}
