//! Address arithmetic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Call, Function};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "cidrsubnet" => cidrsubnet,
        "cidrsubnets" => cidrsubnets,
        "cidrhost" => cidrhost,
        "cidrnetmask" => cidrnetmask,
        "cidrcontains" => cidrcontains,
        _ => return None,
    })
}

fn net(call: &Call, index: usize) -> Result<IpNet, Stop> {
    match call.text(index)?.parse::<IpNet>() {
        Ok(net) => Ok(net.trunc()),
        Err(_) => fails("a text that is no network"),
    }
}

fn width(net: &IpNet) -> u32 {
    u32::from(net.max_prefix_len())
}

fn base(net: &IpNet) -> u128 {
    match net.network() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn address(like: &IpNet, bits: u128) -> IpAddr {
    match like {
        IpNet::V4(_) => IpAddr::V4(Ipv4Addr::from(bits as u32)),
        IpNet::V6(_) => IpAddr::V6(Ipv6Addr::from(bits)),
    }
}

fn network(like: &IpNet, bits: u128, prefix: u32) -> Result<IpNet, Stop> {
    let prefix = prefix as u8;
    let net = match address(like, bits) {
        IpAddr::V4(address) => Ipv4Net::new(address, prefix).map(IpNet::V4),
        IpAddr::V6(address) => Ipv6Net::new(address, prefix).map(IpNet::V6),
    };
    net.map_err(|_| Stop::Fails("a prefix that is too long".into()))
}

/// Shifts by a whole width are zero, as mathematics has it.
fn shifted(number: u128, by: u32) -> u128 {
    number.checked_shl(by).unwrap_or(0)
}

fn cidrsubnet(call: &Call) -> Outcome {
    let net = net(call, 0)?;
    let (newbits, number) = (call.number(1)?, call.number(2)?);
    if newbits < 0.0 || number < 0.0 {
        return fails("a negative subnet");
    }
    let (newbits, number) = (newbits as u32, number as u128);
    let prefix = u32::from(net.prefix_len()).saturating_add(newbits);
    if prefix > width(&net) || newbits < 128 && number >= shifted(1, newbits) {
        return fails("a subnet outside its network");
    }
    let bits = base(&net) | shifted(number, width(&net) - prefix);
    Ok(call.string(network(&net, bits, prefix)?.to_string()))
}

fn cidrsubnets(call: &Call) -> Outcome {
    let net = net(call, 0)?;
    let width = width(&net);
    let mut cursor = base(&net);
    let last = cursor | (shifted(1, width - u32::from(net.prefix_len())).wrapping_sub(1));
    let mut out = Vec::new();
    for arg in &call.args[1..] {
        let prefix = u32::from(net.prefix_len()).saturating_add(ops::number(arg)?.max(0.0) as u32);
        if prefix > width {
            return fails("a prefix that is too long");
        }
        let size = shifted(1, width - prefix);
        // The next multiple of the size.
        let start = cursor.checked_add(size.wrapping_sub(1)).map(|n| n & !size.wrapping_sub(1));
        let Some(start) = start.filter(|s| *s <= last) else {
            return fails("subnets that do not fit");
        };
        out.push(call.string(network(&net, start, prefix)?.to_string()));
        cursor = start.saturating_add(size);
    }
    call.list(out, None)
}

fn cidrhost(call: &Call) -> Outcome {
    let net = net(call, 0)?;
    let number = call.number(1)?;
    let size = shifted(1, width(&net) - u32::from(net.prefix_len()));
    let offset = if number < 0.0 { size.wrapping_sub((-number) as u128) } else { number as u128 };
    if size != 0 && offset >= size {
        return fails("a host outside its network");
    }
    Ok(call.string(address(&net, base(&net).wrapping_add(offset)).to_string()))
}

fn cidrnetmask(call: &Call) -> Outcome {
    match net(call, 0)? {
        IpNet::V4(net) => Ok(call.string(net.netmask().to_string())),
        IpNet::V6(_) => fails("a netmask of IPv6"),
    }
}

fn cidrcontains(call: &Call) -> Outcome {
    let (net, other) = (net(call, 0)?, call.text(1)?);
    let inside = match (other.parse::<IpNet>(), other.parse::<IpAddr>()) {
        (Ok(other), _) => net.contains(&other),
        (_, Ok(address)) => net.contains(&address),
        _ => return fails("a text that is no address"),
    };
    Ok(call.bool(inside))
}
