use super::whole::check;

const REDIS: &str = "#!/bin/sh\ndocker run -d --network=host redis:7 --protected-mode no\n";
const OPEN: &str = "internet, internet";
const SOME: &str = "internet-restricted, internet-restricted";
const NOBODY: &str = "none, none";
const SHUT: &str = "private-network, private-network";

/// A server whose user data starts a Redis that asks nothing.
fn judge(server: &str, files: &str, expected: &str) {
    let files = files.replace("REDIS", &format!("{REDIS:?}"));
    check(&[("main.tf", &files)], &[&format!("container `redis` on {server} `cache`: {expected}")]);
}

#[test]
fn a_linode_is_as_open_as_the_rules_of_its_firewall_and_their_order() {
    let estate = |firewall: &str, more: &str| {
        format!(
            "resource \"linode_instance\" \"cache\" {{
               label = \"cache\"
               metadata {{
                 user_data = base64encode(REDIS)
               }}
             }}
             resource \"linode_firewall\" \"w\" {{
               label = \"w\"
               {firewall}
             }}
             {more}"
        )
    };
    let inbound = |action: &str, ports: &str, from: &str| {
        format!(
            "inbound {{\n label = \"a\"\n action = \"{action}\"\n protocol = \"TCP\"\n ports = \"{ports}\"\n ipv4 = [\"{from}\"]\n }}\n"
        )
    };
    let mine = "linodes = [linode_instance.cache.id]\n";
    let drop = "inbound_policy = \"DROP\"\n";
    let accept = "inbound_policy = \"ACCEPT\"\n";
    let check = |firewall: &str, expected| judge("Linode", &estate(firewall, ""), expected);
    check("", OPEN);
    check(&format!("{mine}{drop}"), NOBODY);
    check(&format!("{mine}{accept}"), OPEN);
    check(&format!("{mine}{drop}disabled = true"), OPEN);
    check(&format!("{mine}{drop}{}", inbound("ACCEPT", "22, 6000-7000", "0.0.0.0/0")), OPEN);
    check(&format!("{mine}{drop}{}", inbound("ACCEPT", "22, 80", "0.0.0.0/0")), NOBODY);
    check(&format!("{mine}{drop}{}", inbound("ACCEPT", "6379", "8.8.8.8/32")), SOME);
    // IPv6 stays open until it is turned away too.
    let turned = inbound("DROP", "6379", "0.0.0.0/0");
    check(&format!("{mine}{accept}{turned}"), OPEN);
    let turned = turned.replace("\"0.0.0.0/0\"]", "\"0.0.0.0/0\"]\n ipv6 = [\"::/0\"]");
    check(&format!("{mine}{accept}{turned}"), NOBODY);
    let device = "resource \"linode_firewall_device\" \"d\" {
        firewall_id = linode_firewall.w.id
        entity_id   = linode_instance.cache.id
    }";
    judge("Linode", &estate(drop, device), NOBODY);
}

#[test]
fn a_server_of_scaleway_has_an_address_if_it_is_given_one_and_lets_in_what_is_not_turned_away() {
    let estate = |server: &str, group: &str| {
        format!(
            "resource \"scaleway_instance_ip\" \"a\" {{}}
             resource \"scaleway_instance_server\" \"cache\" {{
               name              = \"cache\"
               security_group_id = scaleway_instance_security_group.g.id
               user_data         = {{ cloud-init = REDIS }}
               {server}
             }}
             resource \"scaleway_instance_security_group\" \"g\" {{
               {group}
             }}"
        )
    };
    let check = |server: &str, group: &str, expected| {
        judge("server", &estate(server, group), expected);
    };
    let public = "ip_id = scaleway_instance_ip.a.id";
    check("", "", SHUT);
    check("enable_dynamic_ip = true", "", OPEN);
    check(public, "", OPEN);
    check(public, "inbound_default_policy = \"drop\"", NOBODY);
    let rule = |rest: &str| {
        format!(
            "inbound_default_policy = \"drop\"\ninbound_rule {{\n action = \"accept\"\n {rest}\n }}"
        )
    };
    check(public, &rule("port = 6379"), OPEN);
    check(public, &rule("port = 22"), NOBODY);
    check(public, &rule("port_range = \"6000-7000\"\n ip_range = \"8.8.8.0/24\""), SOME);
    check(public, &rule("protocol = \"UDP\""), NOBODY);
    check(public, &rule("protocol = \"ANY\""), OPEN);
}

#[test]
fn a_server_of_vultr_is_as_open_as_its_firewall_group() {
    let estate = |server: &str, rule: &str| {
        format!(
            "resource \"vultr_instance\" \"cache\" {{
               label     = \"cache\"
               user_data = REDIS
               {server}
             }}
             resource \"vultr_firewall_group\" \"g\" {{ description = \"g\" }}
             {rule}"
        )
    };
    let rule = |subnet: &str, port: &str| {
        format!(
            "resource \"vultr_firewall_rule\" \"r\" {{
               firewall_group_id = vultr_firewall_group.g.id
               protocol    = \"tcp\"
               ip_type     = \"v4\"
               {subnet}
               port        = \"{port}\"
             }}"
        )
    };
    let check = |server: &str, rule: &str, expected| {
        judge("server", &estate(server, rule), expected);
    };
    let all = "subnet = \"0.0.0.0\"\n subnet_size = 0";
    let one = "subnet = \"8.8.8.8\"\n subnet_size = 32";
    let grouped = "firewall_group_id = vultr_firewall_group.g.id";
    check("", "", OPEN);
    check("vpc_only = true", "", SHUT);
    check(grouped, "", NOBODY);
    check(grouped, &rule(all, "6000:7000"), OPEN);
    check(grouped, &rule(all, "22"), NOBODY);
    check(grouped, &rule(one, "6379"), SOME);
}
