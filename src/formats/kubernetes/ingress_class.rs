//! Classes of Ingresses, and the controllers that serve them where those are in the files too.

use super::front::{self, Front, stop};
use super::object::Object;
use crate::model::fact::Fact;
use crate::model::fragment::{Container, Fragment, Hop, NodeKind, PortEnd, PortMap, PortPair, Ref};
use crate::model::routing::{Fork, ForkOn};
use crate::source::Place;
use crate::tree::node::{Entry, Node};

/// The kind in a class's address.
pub(super) const CLASS: &str = "IngressClass";
const CONTROLLER: &str = "ingress-controller";
const AWS_PARAMETERS: &str = "IngressClassParams";

const AWS_DEFAULT: &str = "AWS Load Balancer Controller: the scheme is `internal` unless set";

/// A class is as open as its controller.
pub(super) fn lower(object: &Object, out: &mut Fragment) {
    let address = object.of_cluster(CLASS, &object.name);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, object.place));
    let entry = object.spec_entry("controller");
    let place = entry.map_or(object.place, Entry::place);
    let name = entry.and_then(|e| e.value.str()).unwrap_or("");
    let say = format!("{} is served by `{name}`", object.title());
    let (on, otherwise) = match name {
        "ingress.k8s.aws/alb" => {
            let parameters = object.spec(&["parameters", "name"]).and_then(Node::str);
            (
                object.of_cluster(AWS_PARAMETERS, parameters.unwrap_or("")),
                aws_front(None, place, &say),
            )
        }
        "tailscale.com/ts-ingress" => {
            out.hops.push(Hop::new(Ref::Overlay, Ref::To(address), place, say));
            return;
        }
        _ => (object.of_cluster(CONTROLLER, name), Front::usual(place, &*say)),
    };
    let here = vec![Hop::new(Ref::To(on.clone()), Ref::To(address.clone()), place, &*say)];
    let otherwise = otherwise.hops(&address, None);
    out.routing.forks.push(Fork { on: ForkOn::Node(on), place, here, otherwise });
}

/// The AWS Load Balancer Controller's parameters of a class.
pub(super) fn parameters(object: &Object, out: &mut Fragment) {
    let address = object.of_cluster(AWS_PARAMETERS, &object.name);
    out.nodes.push(stop(address.clone(), NodeKind::Relay, object.place));
    let scheme = object.spec_entry("scheme");
    let place = scheme.map_or(object.place, Entry::place);
    let say = format!("{} is about load balancers of a class", object.title());
    let front = aws_front(scheme, place, &say);
    out.hops.extend(front.hops(&address, None));
}

fn aws_front(scheme: Option<&Entry>, place: Place, say: &str) -> Front {
    let network = Fact::written(true, place);
    let internet = match scheme.and_then(|s| s.value.str()) {
        Some("internet-facing") => Fact::written(true, place),
        Some("internal") => Fact::written(false, place),
        _ => Fact::default(false, AWS_DEFAULT, place),
    };
    Front { internet, network, place, say: say.into() }
}

/// The controller of ingress-nginx, by its flag or its image (its documentation, "Command line
/// arguments", `--controller-class`).
pub(super) fn of_controller(object: &Object, container: &Container, out: &mut Fragment) {
    const FLAG: &str = "--controller-class=";
    let words = [&container.command, &container.args].into_iter().filter_map(|w| w.known());
    let flag = words.flatten().find_map(|word| word.known()?.strip_prefix(FLAG).map(str::to_owned));
    let is_nginx =
        || container.image.known().is_some_and(|i| i.contains("ingress-nginx/controller"));
    let Some(name) = flag.or_else(|| is_nginx().then(|| "k8s.io/ingress-nginx".to_owned())) else {
        return;
    };
    let place = container.place;
    let address = object.of_cluster(CONTROLLER, &name);
    out.nodes.push(front::stop(address.clone(), NodeKind::Relay, place));
    let say = format!("{} serves Ingresses", object.title());
    let pair = |from: u16, to: u16| PortPair {
        from: Some((from, from)),
        to: PortEnd::Number(to),
        udp: false,
        place,
    };
    let pairs = vec![pair(80, 80), pair(8080, 80), pair(443, 443), pair(8443, 443)];
    let hop = Hop::new(Ref::To(object.address()), Ref::To(address), place, say);
    out.hops.push(Hop { ports: PortMap::Pairs(pairs), proxy: true, ..hop });
}
