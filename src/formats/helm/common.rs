//! Charts that are a general form for manifests: containers, Services and Ingresses stand in the
//! values under names of the user's own. No card could say more than these few lines do.
//!
//! bjw-s `app-template` (and the `common` library that it is made of): `controllers.NAME.containers`,
//! `service.NAME`, `ingress.NAME`, `route.NAME` (charts of bjw-s, "common library": values).

use super::build::Maker;
use super::scope::truthy;
use super::storage::Storage;
use super::values::{Merged, UNKNOWN};
use crate::catalog::Catalog;
use crate::formats::manifests;
use crate::model::fact::Name;
use crate::model::fragment::{Fragment, Release};
use crate::source::Sources;
use crate::tree::node::{Entry, Kind, Node};

/// The charts of this form, with a word of their repository.
pub(super) fn knows(chart: &str, origin: Option<&str>) -> bool {
    chart == "app-template" && origin.is_none_or(|o| o.contains("bjw-s") || !o.contains('/'))
}

/// Adds what a release makes.
pub(super) fn lower(
    release: &Release,
    merged: &Merged,
    (catalog, sources): (&Catalog, &Sources),
    out: &mut Fragment,
) {
    let form = Form { release, values: &merged.node };
    let mut objects = Vec::new();
    let controllers = form.named("controllers").or_else(|| form.named("controller"));
    for (name, controller) in controllers.unwrap_or_default() {
        objects.extend(form.controller(&name, controller));
    }
    for (name, service) in form.named("service").unwrap_or_default() {
        objects.extend(form.service(&name, service));
    }
    for (name, ingress) in form.named("ingress").unwrap_or_default() {
        objects.extend(form.ingress(&name, ingress));
    }
    for (kind, key) in [("ConfigMap", "configMaps"), ("Secret", "secrets")] {
        for (name, node) in form.named(key).unwrap_or_default() {
            objects.extend(form.bundle(kind, key, &name, node));
        }
    }
    for (name, route) in form.named("route").unwrap_or_default() {
        objects.push(form.route(&name, route));
    }
    manifests(&objects, &release.environment, catalog, sources.path(release.place.file), out);
}

struct Form<'a> {
    release: &'a Release,
    values: &'a Node,
}

pub(super) fn enabled(node: &Node) -> bool {
    node.map().is_some() && node.get("enabled").is_none_or(|n| truthy(n) != Some(false))
}

impl<'a> Form<'a> {
    /// The entries of a map of things by name that are not switched off.
    fn named(&self, key: &str) -> Option<Vec<(Name, &'a Node)>> {
        let entries = self.values.get(key)?.map()?.entries.iter();
        Some(entries.filter(|e| enabled(&e.value)).map(|e| (e.key.clone(), &e.value)).collect())
    }

    /// One of its kind has the release's name, several have their own behind it.
    fn full_name(&self, key: &str, name: &str) -> Name {
        let only = self.named(key).is_none_or(|all| all.len() < 2);
        if only || name == &*self.release.name {
            self.release.name.clone()
        } else {
            format!("{}-{name}", self.release.name).into()
        }
    }

    fn object(&self, api: &str, kind: &str, name: &str, at: &Node, spec: Node) -> Node {
        let make = Maker(at.place);
        let namespace = match self.release.namespace.known() {
            Some(namespace) => make.text(namespace.clone()),
            None => make.text(UNKNOWN),
        };
        let mut metadata = vec![("name", make.text(name)), ("namespace", namespace)];
        let annotations = at.get("annotations").filter(|n| n.map().is_some());
        metadata.extend(annotations.map(|node| ("annotations", node.clone())));
        make.map([
            ("apiVersion", make.text(api)),
            ("kind", make.text(kind)),
            ("metadata", make.map(metadata)),
            ("spec", spec),
        ])
    }

    fn labels(&self, make: Maker, controller: &str) -> Node {
        make.map([
            ("app.kubernetes.io/name", make.text(self.release.name.clone())),
            ("app.kubernetes.io/instance", make.text(self.release.name.clone())),
            ("app.kubernetes.io/controller", make.text(controller)),
        ])
    }

    fn controller(&self, name: &str, node: &Node) -> Option<Node> {
        let make = Maker(node.place);
        let storage = self.storage();
        let containers = node.get("containers")?.map()?.entries.iter();
        let containers = containers.filter(|e| enabled(&e.value));
        let containers = containers.map(|e| container(e, storage.mounts(name, &e.key)));
        let mut spec = vec![
            ("containers", make.list(containers.collect())),
            ("volumes", make.list(storage.volumes())),
        ];
        let host = node.at(&["pod", "hostNetwork"]);
        let host = host.or_else(|| self.values.at(&["defaultPodOptions", "hostNetwork"]));
        spec.extend(host.map(|node| ("hostNetwork", node.clone())));
        let metadata = make.map([("labels", self.labels(make, name))]);
        let template = make.map([("metadata", metadata), ("spec", make.map(spec))]);
        let kind = match node.get("type").and_then(Node::str) {
            Some("statefulset") => "StatefulSet",
            Some("daemonset") => "DaemonSet",
            Some("cronjob" | "job") => return None,
            _ => "Deployment",
        };
        let spec = make.map([("template", template)]);
        let name = self.full_name("controllers", name);
        let mut object = self.object("apps/v1", kind, &name, node, spec);
        place_name(&mut object, self.release.place);
        Some(object)
    }

    fn storage(&self) -> Storage<'a> {
        let kinds = [("configMap", "configMaps"), ("secret", "secrets")];
        let named = kinds.into_iter().flat_map(|(field, key)| {
            let all = self.named(key).unwrap_or_default().into_iter();
            all.map(move |(name, _)| (field, name.clone(), self.full_name(key, &name)))
        });
        Storage::new(self.values, named.collect())
    }

    /// A ConfigMap or Secret of the values.
    fn bundle(&self, kind: &str, key: &str, name: &str, node: &'a Node) -> Option<Node> {
        let field = if kind == "Secret" { "stringData" } else { "data" };
        let data = node.get(field)?.clone();
        let mut object = self.object("v1", kind, &self.full_name(key, name), node, data);
        if let Kind::Map(map) = &mut object.kind
            && let Some(spec) = map.entries.iter_mut().find(|e| &*e.key == "spec")
        {
            spec.key = field.into();
        }
        Some(object)
    }

    fn service(&self, name: &str, node: &Node) -> Option<Node> {
        let make = Maker(node.place);
        let first = || {
            let all = self.named("controllers").unwrap_or_default();
            all.first().map(|(name, _)| name.clone())
        };
        let controller = node.get("controller").and_then(Node::text).or_else(first)?;
        let ports = node.get("ports").map_or(&[][..], Node::entries).iter();
        let ports = ports.filter(|e| enabled(&e.value)).filter_map(|e| {
            let port = e.value.get("port")?;
            let mut entry = vec![("name", make.text(e.key.clone())), ("port", port.clone())];
            entry.extend(e.value.get("targetPort").map(|n| ("targetPort", n.clone())));
            entry.extend(e.value.get("nodePort").map(|n| ("nodePort", n.clone())));
            Some(Maker(e.value.place).map(entry))
        });
        let mut spec = vec![
            ("ports", make.list(ports.collect())),
            ("selector", self.labels(make, &controller)),
        ];
        for key in [
            "type",
            "loadBalancerIP",
            "loadBalancerClass",
            "loadBalancerSourceRanges",
            "externalIPs",
            "clusterIP",
        ] {
            spec.extend(node.get(key).map(|node| (key, node.clone())));
        }
        let name = self.full_name("service", name);
        Some(self.object("v1", "Service", &name, node, make.map(spec)))
    }

    fn ingress(&self, name: &str, node: &Node) -> Option<Node> {
        let make = Maker(node.place);
        let services = self.named("service")?;
        let mut backends = Vec::new();
        for host in node.get("hosts").map_or(&[][..], Node::items) {
            for path in host.get("paths").map_or(&[][..], Node::items) {
                let Some((name, port)) = self.backend(path.get("service"), &services) else {
                    continue;
                };
                let key = if port.int().is_some() { "number" } else { "name" };
                let port = make.map([(key, port.clone())]);
                let service = make.map([("name", make.text(name)), ("port", port)]);
                backends.push(make.map([("backend", make.map([("service", service)]))]));
            }
        }
        let http = make.map([("paths", make.list(backends))]);
        let mut spec = vec![("rules", make.list(vec![make.map([("http", http)])]))];
        let class = node.get("className").or_else(|| node.get("ingressClassName"));
        spec.extend(class.map(|node| ("ingressClassName", node.clone())));
        spec.extend(node.get("tls").map(|node| ("tls", node.clone())));
        let name = self.full_name("ingress", name);
        Some(self.object("networking.k8s.io/v1", "Ingress", &name, node, make.map(spec)))
    }

    /// The Service and the port that a backend names, by default the first of each.
    fn backend<'n>(
        &self,
        backend: Option<&'n Node>,
        services: &[(Name, &'n Node)],
    ) -> Option<(Name, &'n Node)> {
        let told = backend.and_then(|b| b.get("identifier")).and_then(Node::str);
        let (name, service) = match told {
            Some(told) => services.iter().find(|(name, _)| &**name == told)?,
            None => services.first()?,
        };
        let first = || service.get("ports").and_then(|p| p.entries().first()?.value.get("port"));
        let port = backend.and_then(|b| b.get("port")).or_else(first)?;
        Some((self.full_name("service", name), port))
    }

    /// A route of the Gateway API. Without rules it leads to the first Service.
    fn route(&self, name: &str, node: &Node) -> Node {
        let make = Maker(node.place);
        let services = self.named("service").unwrap_or_default();
        let rules = node.get("rules").map_or(&[][..], Node::items);
        let rules: Vec<Option<&Node>> =
            if rules.is_empty() { vec![None] } else { rules.iter().map(Some).collect() };
        let rules = rules.into_iter().map(|rule| {
            let named = rule.and_then(|r| r.get("backendRefs")).map_or(&[][..], Node::items);
            let named: Vec<Option<&Node>> =
                if named.is_empty() { vec![None] } else { named.iter().map(Some).collect() };
            let backends = named.into_iter().filter_map(|b| self.reference(b, &services, make));
            let mut entries = vec![("backendRefs", make.list(backends.collect()))];
            for key in ["matches", "filters"] {
                entries.extend(rule.and_then(|r| r.get(key)).map(|node| (key, node.clone())));
            }
            Maker(rule.map_or(node.place, |rule| rule.place)).map(entries)
        });
        let mut spec = vec![("rules", make.list(rules.collect()))];
        for key in ["parentRefs", "hostnames"] {
            spec.extend(node.get(key).map(|node| (key, node.clone())));
        }
        let kind = node.get("kind").and_then(Node::str).unwrap_or("HTTPRoute");
        let name = self.full_name("route", name);
        self.object("gateway.networking.k8s.io/v1", kind, &name, node, make.map(spec))
    }

    /// A backend as routes name it: one of the chart's Services, or any by its name.
    fn reference(
        &self,
        backend: Option<&Node>,
        services: &[(Name, &Node)],
        make: Maker,
    ) -> Option<Node> {
        if let Some(other) = backend.filter(|b| b.get("name").is_some()) {
            return Some(other.clone());
        }
        let (name, port) = self.backend(backend, services)?;
        // A route has room for numbers only.
        let port = match (port.int(), port.str()) {
            (None, Some(named)) => {
                let mut all = services.iter();
                all.find_map(|(_, service)| service.at(&["ports", named, "port"]))?
            }
            _ => port,
        };
        Some(make.map([("name", make.text(name)), ("port", port.clone())]))
    }
}

/// The object's name stands where the release names its chart.
fn place_name(object: &mut Node, place: crate::source::Place) {
    if let Kind::Map(map) = &mut object.kind
        && let Some(metadata) = map.entries.iter_mut().find(|e| &*e.key == "metadata")
        && let Kind::Map(metadata) = &mut metadata.value.kind
        && let Some(name) = metadata.entries.iter_mut().find(|e| &*e.key == "name")
    {
        (name.key_place, name.value.place) = (place, place);
    }
}

/// An image of parts, and variables as a map or a list; the rest is as in a manifest.
fn container(entry: &Entry, mounts: Vec<Node>) -> Node {
    let node = &entry.value;
    let make = Maker(node.place);
    let mut out = vec![("name", Maker(entry.key_place).text(entry.key.clone()))];
    let part = |key: &str| node.at(&["image", key]).filter(|n| n.str().is_some());
    if let Some(repository) = part("repository") {
        let mut text = repository.str().unwrap_or("").to_owned();
        if let Some(tag) = part("tag").and_then(Node::str).filter(|t| !t.is_empty()) {
            text.push(':');
            text.push_str(tag);
        }
        out.push(("image", Maker(repository.place).text(text)));
    }
    if let Some(env) = node.get("env") {
        let mut variables: Vec<Node> = env.items().to_vec();
        variables.extend(env.entries().iter().map(|e| {
            let make = Maker(e.place());
            let value = match e.value.map() {
                Some(map) if map.get("value").is_some() => {
                    ("value", map.get("value").unwrap_or(&e.value).clone())
                }
                Some(map) if map.get("valueFrom").is_some() => {
                    ("valueFrom", map.get("valueFrom").unwrap_or(&e.value).clone())
                }
                Some(_) => ("valueFrom", e.value.clone()),
                None => ("value", e.value.clone()),
            };
            make.map([("name", make.text(e.key.clone())), value])
        }));
        out.push(("env", Maker(env.place).list(variables)));
    }
    out.push(("volumeMounts", make.list(mounts)));
    for key in ["envFrom", "command", "args", "ports"] {
        out.extend(node.get(key).map(|node| (key, node.clone())));
    }
    make.map(out)
}
