# What directories a machine has is nobody's business, and would make other bytes of the same source: programs that are given
# away do not name them.
cargo_home="${CARGO_HOME:-$HOME/.cargo}"
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$PWD=msncensus --remap-path-prefix=$cargo_home=cargo"
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$PWD=msncensus -ffile-prefix-map=$cargo_home=cargo"
