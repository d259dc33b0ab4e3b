//! Tells cargo that new scenario and shape files change the binary: they are embedded by folder.

fn main() {
    for folder in ["scenarios", "fixtures/shapes"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
