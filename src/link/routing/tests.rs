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

    /// Whose packets get to the store's port, by way of whatever asks, and who gets in without proof.
    #[track_caller]
    fn check(objects: &[&str], reach: &str, open_to: &str) {
        let texts: Vec<String> =
            [STORE].iter().chain(objects).map(|t| t.trim().to_owned()).collect();
        let files = [("all.yaml".to_owned(), texts.join("\n---\n"))];
        let none: [(&str, &str); 0] = [];
        let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
        let (store, port) = (&run.model.datastores[0], &run.model.endpoints[0]);
        let shown = |fact: &crate::model::fact::Fact<std::sync::Arc<Reach>>| {
            fact.known().map_or("?".to_owned(), |reach| widest(reach))
        };
        let is = (shown(&port.reach), shown(&store.open_to));
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
        let server = ", authorization: {extensionRef: {name: a}}";
        check(&[&proxy("", "")], "internet likely", "internet likely");
        check(&[&proxy(server, "")], "internet likely", "cluster");
        check(
            &[&proxy(server, ", authPolicy: {disabled: true}")],
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

    const ISTIO: &str = "apiVersion: networking.istio.io/v1";

    fn istio(mode: &str, gateways: &str) -> String {
        format!(
            "{ISTIO}\nkind: Gateway\nmetadata: {{name: g, namespace: mesh}}\nspec:\n  selector: \
             {{istio: edge}}\n  servers: [{{port: {{number: 6379, protocol: TCP}}, hosts: \
             ['*'], tls: {{mode: {mode}}}}}]\n---\n{ISTIO}\nkind: VirtualService\nmetadata: {{name: v, \
             namespace: db}}\nspec:\n  hosts: ['*']\n  {gateways}\n  tcp: [{{match: [{{port: \
             6379}}], route: [{{destination: {{host: cache}}}}]}}]"
        )
    }

    const ON_GATEWAY: &str = "gateways: [mesh, mesh/g]";

    #[test]
    fn a_virtual_service_is_published_by_its_gateways_only() {
        let likely = "internet likely";
        check(&[&istio("PASSTHROUGH", "")], "cluster", "cluster");
        check(&[&istio("PASSTHROUGH", ON_GATEWAY)], likely, likely);
        check(&[&istio("MUTUAL", ON_GATEWAY)], likely, "cluster");
        check(&[&istio("SIMPLE", "gateways: [other]")], "internet possible", "internet possible");
        let proxy = |kind: &str, port: u16| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: edge, namespace: e, labels: {{istio: \
                 edge}}}}\nspec: {{containers: [{{name: p, image: auto}}]}}\n---\napiVersion: \
                 v1\nkind: Service\nmetadata: {{name: edge, namespace: e}}\nspec: {{type: {kind}, \
                 selector: {{istio: edge}}, ports: [{{port: {port}}}]}}"
            )
        };
        let published = istio("SIMPLE", ON_GATEWAY);
        check(&[&published, &proxy("LoadBalancer", 6379)], "internet", "internet");
        check(&[&published, &proxy("LoadBalancer", 443)], "cluster", "cluster");
        check(&[&published, &proxy("ClusterIP", 6379)], "cluster", "cluster");
    }

    fn authorization(namespace: &str, selector: &str, spec: &str) -> String {
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: a, \
             namespace: {namespace}}}\nspec:\n  selector: {{matchLabels: {{{selector}}}}}\n  {spec}"
        )
    }

    #[test]
    fn what_istio_asks_at_its_gateways() {
        let published = istio("SIMPLE", ON_GATEWAY);
        let likely = "internet likely";
        let asks = |policy: &str, reach: &str, open_to: &str| {
            check(&[&published, &authorization("mesh", "istio: edge", policy)], reach, open_to);
        };
        asks("rules: [{from: [{source: {requestPrincipals: ['*']}}]}]", likely, "cluster");
        asks("rules: [{}]", likely, likely);
        asks("rules: []", "cluster", "cluster");
        asks("action: ALLOW", "cluster", "cluster");
        asks("rules: [{to: [{operation: {ports: ['6379']}}]}]", likely, likely);
        asks(
            "rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]",
            "private-network likely",
            "private-network likely",
        );
        let deny = "action: DENY\n  rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]";
        asks(deny, likely, "cluster");
        asks("action: AUDIT\n  rules: [{}]", likely, likely);
        asks(
            "action: CUSTOM\n  rules: [{to: [{operation: {paths: [/x]}}]}]",
            likely,
            "internet possible",
        );
        let elsewhere = authorization("mesh", "istio: other", "rules: []");
        check(&[&published, &elsewhere], likely, likely);
        let tokens = "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: \
                      {name: r, namespace: mesh}\nspec: {jwtRules: [{issuer: x}]}";
        check(&[&published, tokens], likely, likely);
    }

    const PUBLIC: &str = "
apiVersion: v1
kind: Service
metadata: {name: front, namespace: db}
spec: {type: LoadBalancer, selector: {app: cache}, ports: [{port: 6379}]}
";

    #[test]
    fn a_mesh_before_the_store_makes_a_way_doubtful() {
        let before = |spec: &str| authorization("db", "app: cache", spec);
        check(&[PUBLIC], "internet", "internet");
        check(&[PUBLIC, &before("rules: []")], "internet possible", "internet possible");
        check(&[PUBLIC, &before("rules: [{}]")], "internet", "internet");
        let peers = |spec: &str| {
            format!(
                "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: \
                 default, namespace: db}}\nspec: {{{spec}}}"
            )
        };
        check(&[PUBLIC, &peers("mtls: {mode: STRICT}")], "internet possible", "internet possible");
        check(&[PUBLIC, &peers("mtls: {mode: PERMISSIVE}")], "internet", "internet");
        let port = "selector: {matchLabels: {app: cache}}, mtls: {mode: STRICT}, portLevelMtls: \
                    {6379: {mode: DISABLE}}";
        check(&[PUBLIC, &peers(port)], "internet", "internet");
    }

    fn ingress(class: &str, annotations: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i, namespace: db, \
             annotations: {{{annotations}}}}}\nspec:\n  ingressClassName: {class}\n  \
             defaultBackend: {{service: {{name: cache, port: {{number: 6379}}}}}}"
        )
    }

    #[test]
    fn an_ingress_is_as_open_as_the_controller_of_its_class() {
        let class = |controller: &str, more: &str| {
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: own}}\nspec: \
                 {{controller: {controller}{more}}}"
            )
        };
        let own = ingress("own", "");
        check(&[&own], "internet likely", "internet likely");
        check(&[&ingress("own-internal", "")], "private-network likely", "private-network likely");
        let aws = class("ingress.k8s.aws/alb", ", parameters: {name: p}");
        let parameters = "apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: \
                          {name: p}\nspec: {scheme: internet-facing}";
        check(&[&own, &class("ingress.k8s.aws/alb", "")], "private-network", "private-network");
        check(&[&own, &aws, parameters], "internet", "internet");
        let nginx = |kind: &str| {
            format!(
                "{}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: c, namespace: e, labels: {{app: \
                 c}}}}\nspec: {{containers: [{{name: c, image: 'x/ingress-nginx/controller:v1', ports: \
                 [{{name: http, containerPort: 80}}]}}]}}\n---\napiVersion: v1\nkind: \
                 Service\nmetadata: {{name: c, namespace: e}}\nspec: {{type: {kind}, selector: {{app: \
                 c}}, ports: [{{port: 80, targetPort: http}}]}}",
                class("k8s.io/ingress-nginx", "")
            )
        };
        check(&[&own, &nginx("LoadBalancer")], "internet", "internet");
        check(&[&own, &nginx("ClusterIP")], "cluster", "cluster");
    }

    #[test]
    fn middlewares_of_an_ingress_ask_as_those_of_a_route_do() {
        let annotated = |key: &str, value: &str| ingress("own", &format!("{key}: '{value}'"));
        let login = format!(
            "{TRAEFIK}\nkind: Middleware\nmetadata: {{name: login, namespace: db}}\nspec: {{forwardAuth: \
             {{address: x}}}}"
        );
        let key = "traefik.ingress.kubernetes.io/router.middlewares";
        let one = annotated(key, "db-login@kubernetescrd");
        check(&[&one, &login], "internet likely", "cluster");
        check(&[&one], "internet likely", "internet possible");
        let policy = |spec: &str| {
            format!(
                "apiVersion: k8s.nginx.org/v1\nkind: Policy\nmetadata: {{name: p, namespace: db}}\nspec: {{{spec}}}"
            )
        };
        let other = annotated("nginx.org/policies", "p");
        check(&[&other, &policy("basicAuth: {secret: s}")], "internet likely", "cluster");
        check(&[&other, &policy("rateLimit: {}")], "internet likely", "internet likely");
    }

    #[test]
    fn certificates_that_apisix_asks_for_are_sure_where_nobody_comes_in_clear() {
        let route = |plugins: &str| {
            format!(
                "apiVersion: apisix.apache.org/v2\nkind: ApisixRoute\nmetadata: {{name: r, namespace: \
                 db}}\nspec: {{http: [{{match: {{hosts: [Db.x.org]}}, backends: [{{serviceName: cache, \
                 servicePort: 6379}}]{plugins}}}]}}"
            )
        };
        let tls = |host: &str, client: &str| {
            format!(
                "apiVersion: apisix.apache.org/v2\nkind: ApisixTls\nmetadata: {{name: t, namespace: \
                 e}}\nspec: {{hosts: ['{host}'], secret: {{name: s, namespace: e}}{client}}}"
            )
        };
        let client =
            |more: &str| format!(", client: {{caSecret: {{name: a, namespace: e}}{more}}}");
        let https = ", plugins: [{name: redirect, enable: true, config: {http_to_https: true}}]";
        let judge = |plugins: &str, tls: &str, open: &str| {
            check(&[&route(plugins), tls], "internet likely", open);
        };
        judge(https, &tls("*.x.org", &client("")), "cluster");
        judge(https, &tls("db.x.org", &client("")), "cluster");
        judge("", &tls("*.x.org", &client("")), "internet possible");
        judge(https, &tls("*.x.org", &client(", skip_mtls_uri_regex: [/a]")), "internet possible");
        judge(https, &tls("*.x.org", ""), "internet likely");
        judge(https, &tls("*.y.org", &client("")), "internet likely");
    }

    #[test]
    fn kong_takes_plugins_of_other_namespaces_that_permit_it() {
        let named = ingress("kong", "konghq.com/plugins: 'shared:login'");
        let plugin = |namespace: &str| {
            format!(
                "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {{name: login, \
                 namespace: {namespace}}}\nplugin: key-auth"
            )
        };
        let grant = |namespace: &str, from: &str, to: &str| {
            format!(
                "{API}\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: {namespace}}}\nspec:\n  \
                 from: [{{group: networking.k8s.io, kind: {from}}}]\n  to: [{{group: \
                 configuration.konghq.com, kind: {to}}}]"
            )
        };
        let judge = |grant: &str, open: &str| {
            check(&[&named, &plugin("shared"), grant], "internet likely", open);
        };
        check(&[&named, &plugin("shared")], "internet likely", "internet likely");
        judge(&grant("shared", "Ingress, namespace: db", "KongPlugin"), "cluster");
        judge(&grant("shared", "Ingress, namespace: db", "KongPlugin, name: login"), "cluster");
        judge(&grant("shared", "Ingress, namespace: db", "KongPlugin, name: x"), "internet likely");
        judge(&grant("shared", "Ingress, namespace: db", "Service"), "internet likely");
        judge(&grant("shared", "Ingress, namespace: web", "KongPlugin"), "internet likely");
        judge(&grant("shared", "TCPIngress, namespace: db", "KongPlugin"), "internet likely");
        judge(&grant("db", "Ingress, namespace: db", "KongPlugin"), "internet likely");
        check(&[&named, &plugin("db")], "internet likely", "internet possible");
    }

    #[test]
    fn the_status_of_a_dump_tells_the_real_address() {
        let status = |address: &str| {
            format!("{}\nstatus: {{loadBalancer: {{ingress: [{address}]}}}}", PUBLIC.trim())
        };
        check(&[&status("{ip: 10.1.2.3}")], "private-network", "private-network");
        check(&[&status("{ip: 203.0.113.7}")], "internet", "internet");
        check(
            &[&status("{hostname: internal-a.eu-west-1.elb.amazonaws.com}")],
            "private-network",
            "private-network",
        );
        check(&[&status("{hostname: a.example.org}")], "internet", "internet");
        let ingress = format!(
            "{}\nstatus: {{loadBalancer: {{ingress: [{{ip: 10.1.2.3}}]}}}}",
            ingress("x", "")
        );
        check(&[&ingress], "private-network", "private-network");
    }

    #[test]
    fn an_address_pool_tells_what_it_hands_out() {
        let pool = |addresses: &str| {
            format!(
                "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: lan, namespace: \
                 metallb}}\nspec: {{addresses: [{addresses}]}}"
            )
        };
        let asks = PUBLIC.replace(
            "namespace: db}",
            "namespace: db, annotations: {metallb.io/address-pool: lan}}",
        );
        check(&[&asks], "internet possible", "internet possible");
        check(&[&asks, &pool("192.168.1.10-192.168.1.20")], "private-network", "private-network");
        check(&[&asks, &pool("10.0.0.0/24, 203.0.113.0/28")], "internet", "internet");
    }

    #[test]
    fn a_long_chain_of_names_ends_somewhere() {
        let alias = |i: usize| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: s{i}, namespace: db}}\nspec: {{type: \
                 ExternalName, externalName: s{}.db.svc}}",
                i + 1
            )
        };
        let mut chain: Vec<String> = (0..2000).map(alias).collect();
        chain.push(PUBLIC.trim().replace("name: front", "name: s2000"));
        check(&[&chain.join("\n---\n")], "internet", "internet");
    }

    #[test]
    fn a_named_port_of_a_policy_is_that_of_the_pods() {
        let policy = |port: &str| {
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: \
                 db}}\nspec: {{podSelector: {{}}, ingress: [{{ports: [{{port: {port}}}], from: \
                 [{{podSelector: {{}}}}]}}]}}"
            )
        };
        check(&[PUBLIC, &policy("data")], "pods", "pods");
        check(&[PUBLIC, &policy("other")], "pods possible", "pods possible");
        check(&[PUBLIC, &policy("7000")], "none", "none");
    }

    #[test]
    fn denials_of_cilium_beat_every_permission() {
        let cilium = |spec: &str| {
            format!(
                "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {{name: \
                 p}}\nspec:\n  endpointSelector: {{matchLabels: {{app: cache}}}}\n  {spec}"
            )
        };
        let open = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, \
                    namespace: db}\nspec: {podSelector: {}, ingress: [{}]}";
        check(&[PUBLIC, open], "internet", "internet");
        check(
            &[PUBLIC, open, &cilium("ingressDeny: [{fromEntities: [world]}]")],
            "cluster",
            "cluster",
        );
        check(&[PUBLIC, &cilium("ingress: [{fromEntities: [world]}]")], "internet", "internet");
        check(&[PUBLIC, &cilium("ingress: [{fromEntities: [cluster]}]")], "cluster", "cluster");
        let adds =
            cilium("enableDefaultDeny: {ingress: false}\n  ingress: [{fromEntities: [cluster]}]");
        check(&[PUBLIC, &adds], "internet", "internet");
    }

    #[test]
    fn policies_with_an_order_of_their_own_leave_doubt() {
        let calico = |selector: &str| {
            format!(
                "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: \
                 db}}\nspec:\n  selector: \"{selector}\"\n  ingress: [{{action: Deny}}]"
            )
        };
        check(
            &[PUBLIC, &calico("app == 'cache' && has(app)")],
            "internet possible",
            "internet possible",
        );
        check(&[PUBLIC, &calico("app == 'web'")], "internet", "internet");
        check(
            &[PUBLIC, &calico("app in {'web', 'cache'}")],
            "internet possible",
            "internet possible",
        );
        check(&[PUBLIC, &calico("!has(x) || y")], "internet possible", "internet possible");
        let administrators = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: \
                              AdminNetworkPolicy\nmetadata: {name: p}\nspec: {subject: {namespaces: \
                              {}}, ingress: [{action: Deny}]}";
        check(&[PUBLIC, administrators], "internet possible", "internet possible");
    }

    #[test]
    fn a_tunnel_publishes_what_its_file_names_and_asks_who_knows_what() {
        let config = |service: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: t, namespace: db}}\ndata:\n  \
                 config.yaml: |\n    tunnel: x\n    ingress:\n    - hostname: a.example.org\n      \
                 service: {service}\n    - service: http_status:404"
            )
        };
        check(&[&config("tcp://cache:6379")], "internet", "internet possible");
        check(&[&config("tcp://cache.db.svc.cluster.local:6379")], "internet", "internet possible");
        check(&[&config("tcp://cache.other:6379")], "cluster", "cluster");
    }

    #[test]
    fn an_external_name_may_be_another_service() {
        let alias = "apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: web}\nspec: \
                     {type: ExternalName, externalName: cache.db.svc.cluster.local}";
        let far = ingress("own", "")
            .replace("namespace: db", "namespace: web")
            .replace("name: cache", "name: alias");
        check(&[&far], "cluster", "cluster");
        check(&[&far, alias], "internet likely", "internet likely");
    }

    #[test]
    fn what_a_gateway_encrypts_is_not_in_clear_outside() {
        let in_clear = |objects: &str| {
            let files = [("all.yaml".to_owned(), format!("{}\n---\n{objects}", STORE.trim()))];
            let none: [(&str, &str); 0] = [];
            let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
            widest(run.model.endpoints[0].in_clear.known().unwrap())
        };
        assert_eq!(in_clear(&ingress("own", "")), "internet likely");
        let secure = format!("{}\n  tls: [{{secretName: s}}]", ingress("own", ""));
        assert_eq!(in_clear(&secure), "cluster");
        let both = ingress("own", "nginx.ingress.kubernetes.io/ssl-redirect: 'false'");
        assert_eq!(in_clear(&format!("{both}\n  tls: [{{secretName: s}}]")), "internet likely");
        assert_eq!(in_clear(&ingress_route("web", "")), "internet likely");
        assert_eq!(in_clear(&ingress_route("websecure", "")), "cluster");
        assert_eq!(in_clear(&istio("SIMPLE", ON_GATEWAY)), "cluster");
        assert_eq!(in_clear(&istio("PASSTHROUGH", ON_GATEWAY)), "internet likely");
    }

    #[test]
    fn knative_publishes_unless_a_label_keeps_inside() {
        let service = |labels: &str| {
            format!(
                "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: a, labels: \
                 {{{labels}}}}}\nspec: {{template: {{spec: {{containers: [{{image: 'redis:7', ports: \
                 [{{containerPort: 6379}}]}}]}}}}}}"
            )
        };
        let judge = |labels: &str| {
            let files = [("a.yaml".to_owned(), service(labels))];
            let none: [(&str, &str); 0] = [];
            let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
            widest(run.model.datastores[0].reach.known().unwrap())
        };
        assert_eq!(judge(""), "internet likely");
        assert_eq!(judge("networking.knative.dev/visibility: cluster-local"), "cluster");
    }
}
