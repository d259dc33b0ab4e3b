//! Tells cargo that new scenario, shape and excuse files change the binary: they are embedded by folder.

fn main() {
    for folder in ["scenarios", "fixtures/shapes", "fixtures/unobserved"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
