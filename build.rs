//! Puts every page under `rules/` into the binary.
#![expect(clippy::disallowed_methods, reason = "a build script reads and writes files")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let mut pages = Vec::new();
    collect(Path::new("rules"), &mut pages)?;
    // The order of a folder depends on the file system; that of the pages must not.
    pages.sort();
    let mut list = String::from("&[\n");
    for page in pages {
        let name = page.replace('\\', "/");
        let path = name.strip_prefix("rules/").unwrap_or(&name);
        let _ = writeln!(
            list,
            "    ({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{name}\"))),"
        );
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("pages.rs"), list)
}

fn collect(folder: &Path, pages: &mut Vec<String>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|e| e == "md") {
            println!("cargo::rerun-if-changed={}", path.display());
            pages.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
