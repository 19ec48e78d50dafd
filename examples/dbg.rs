fn main() {
    seawall::timing::debug(std::path::Path::new(&std::env::args().nth(1).unwrap()));
}
