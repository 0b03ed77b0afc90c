//! The addresses of a machine, under Ansible's names.

use crate::value::{Fields, Value, map};
use indexmap::IndexMap;
use std::net::{IpAddr, Ipv4Addr};

/// Facts about an interface.
#[derive(Default)]
struct Interface {
    mac: String,
    mtu: i64,
    active: bool,
    ipv4: Vec<(Ipv4Addr, u32)>,
    ipv6: Vec<(String, u32, String)>,
}

/// Returns the facts from `ip -o link`, `ip -o addr`, `/proc/net/route` and `hostname -I`.
pub(in crate::host::shell::ask) fn facts(
    links: &str,
    addresses: &str,
    routes: &str,
    bare: &str,
) -> Fields {
    let mut interfaces = read_links(links);
    read_addresses(addresses, &mut interfaces);
    let mut facts = Fields::new();
    let (mut all4, mut all6): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for interface in interfaces.values() {
        all4.extend(
            interface
                .ipv4
                .iter()
                .map(|(address, _)| address.to_string()),
        );
        all6.extend(interface.ipv6.iter().map(|(address, ..)| address.clone()));
    }
    for address in bare.split_whitespace() {
        match address.parse() {
            Ok(IpAddr::V4(_)) => all4.push(address.to_owned()),
            Ok(IpAddr::V6(_)) => all6.push(address.to_owned()),
            Err(_) => {}
        }
    }
    all4.retain(|address| !address.starts_with("127."));
    all6.retain(|address| address != "::1");
    facts.insert("all_ipv4_addresses".to_owned(), list(all4));
    facts.insert("all_ipv6_addresses".to_owned(), list(all6));
    facts.insert(
        "default_ipv4".to_owned(),
        default_route(routes, &interfaces),
    );
    facts.insert("interfaces".to_owned(), list(interfaces.keys().cloned()));
    for (name, interface) in &interfaces {
        let fact = name.replace(['-', ':', '.'], "_");
        let of_interface = || map(interface.fields(name));
        facts.entry(fact).or_insert_with(of_interface);
    }
    facts
}

/// Parses lines such as `2: eth0@if5: <BROADCAST,UP,LOWER_UP> mtu 1500 … link/ether 02:…`.
fn read_links(links: &str) -> IndexMap<String, Interface> {
    let mut interfaces = IndexMap::new();
    for line in links.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let Some(name) = words.get(1) else { continue };
        let name = name.trim_end_matches(':');
        let name = name.split('@').next().unwrap_or(name);
        let after = |word: &str| {
            let at = words.iter().position(|one| *one == word)?;
            words.get(at + 1).copied()
        };
        let up = words.get(2).is_some_and(|flags| {
            flags
                .trim_matches(['<', '>'])
                .split(',')
                .any(|flag| flag == "UP")
        });
        let interface = Interface {
            mac: after("link/ether").unwrap_or_default().to_owned(),
            mtu: after("mtu")
                .and_then(|mtu| mtu.parse().ok())
                .unwrap_or_default(),
            active: up,
            ..Interface::default()
        };
        interfaces.insert(name.to_owned(), interface);
    }
    interfaces
}

/// Parses lines such as `2: eth0    inet 192.168.2.201/24 scope global eth0 …`.
fn read_addresses(addresses: &str, interfaces: &mut IndexMap<String, Interface>) {
    for line in addresses.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let &[_, name, family, address, ..] = words.as_slice() else {
            continue;
        };
        let (address, prefix) = address.split_once('/').unwrap_or((address, "32"));
        let Ok(prefix) = prefix.parse() else { continue };
        let interface = interfaces.entry(name.to_owned()).or_default();
        match (family, address.parse()) {
            ("inet", Ok(IpAddr::V4(address))) => interface.ipv4.push((address, prefix)),
            ("inet6", Ok(IpAddr::V6(address))) => {
                let scope = words.iter().position(|word| *word == "scope");
                let scope = scope.and_then(|at| words.get(at + 1)).copied();
                let scope = scope.unwrap_or_default().to_owned();
                interface.ipv6.push((address.to_string(), prefix, scope));
            }
            _ => {}
        }
    }
}

/// Returns the interface of the default route with its gateway; an empty map if there is none.
fn default_route(routes: &str, interfaces: &IndexMap<String, Interface>) -> Value {
    let mut lines = routes
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Interface, destination, gateway, flags, …: numbers in the machine's byte order.
    let route = lines.find(|words| words.get(1) == Some(&"00000000"));
    let Some((name, gateway)) = route.and_then(|words| Some((*words.first()?, *words.get(2)?)))
    else {
        return map(Fields::new());
    };
    let Some(interface) = interfaces.get(name) else {
        return map(Fields::new());
    };
    let mut fields = Fields::new();
    fields.insert("interface".to_owned(), name.into());
    if let Ok(number) = u32::from_str_radix(gateway, 16) {
        let gateway = Ipv4Addr::from(number.to_ne_bytes());
        fields.insert("gateway".to_owned(), gateway.to_string().into());
    }
    if let Some((address, prefix)) = interface.ipv4.first() {
        fields.extend(ipv4(*address, *prefix));
    }
    fields.insert("macaddress".to_owned(), interface.mac.as_str().into());
    fields.insert("mtu".to_owned(), interface.mtu.into());
    map(fields)
}

impl Interface {
    fn fields(&self, name: &str) -> Fields {
        let mut fields = Fields::new();
        fields.insert("device".to_owned(), name.into());
        fields.insert("active".to_owned(), self.active.into());
        fields.insert("macaddress".to_owned(), self.mac.as_str().into());
        fields.insert("mtu".to_owned(), self.mtu.into());
        if let Some((address, prefix)) = self.ipv4.first() {
            fields.insert("ipv4".to_owned(), map(ipv4(*address, *prefix)));
        }
        let ipv6 = self.ipv6.iter().map(|(address, prefix, scope)| {
            let prefix = prefix.to_string();
            let parts = [("address", address), ("prefix", &prefix), ("scope", scope)];
            map(parts
                .map(|(part, text)| (part.to_owned(), text.as_str().into()))
                .into())
        });
        fields.insert("ipv6".to_owned(), Value::from(ipv6.collect::<Vec<_>>()));
        fields
    }
}

fn ipv4(address: Ipv4Addr, prefix: u32) -> Fields {
    let mask = u32::MAX
        .checked_shl(32_u32.saturating_sub(prefix))
        .unwrap_or(0);
    let bits = u32::from(address);
    [
        ("address", address.to_string()),
        ("netmask", Ipv4Addr::from(mask).to_string()),
        ("network", Ipv4Addr::from(bits & mask).to_string()),
        ("broadcast", Ipv4Addr::from(bits | !mask).to_string()),
        ("prefix", prefix.to_string()),
    ]
    .map(|(part, text)| (part.to_owned(), Value::from(text)))
    .into()
}

fn list(texts: impl IntoIterator<Item = String>) -> Value {
    Value::from(texts.into_iter().map(Value::from).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_of_the_default_route_is_told() {
        let links = "1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue link/loopback 00:00:00:00:00:00\n\
                     2: eth0@if5: <BROADCAST,UP> mtu 1500 qdisc x \\ link/ether 02:00:00:00:00:01 brd ff\n";
        let addresses = "1: lo    inet 127.0.0.1/8 scope host lo\n\
                         2: eth0    inet 192.168.2.201/24 scope global eth0\n\
                         2: eth0    inet6 fe80::1/64 scope link\n";
        let routes = "Iface Destination Gateway\neth0 00000000 0102A8C0 0003\n";
        let facts = facts(links, addresses, routes, "");
        let get = |name: &str, part: &str| facts[name].get_attr(part).unwrap().to_string();
        assert_eq!(facts["all_ipv4_addresses"].to_string(), "['192.168.2.201']");
        assert_eq!(facts["interfaces"].to_string(), "['lo', 'eth0']");
        assert_eq!(get("default_ipv4", "address"), "192.168.2.201");
        assert_eq!(get("default_ipv4", "network"), "192.168.2.0");
        assert_eq!(get("default_ipv4", "macaddress"), "02:00:00:00:00:01");
        if cfg!(target_endian = "little") {
            assert_eq!(get("default_ipv4", "gateway"), "192.168.2.1");
        }
    }
}
