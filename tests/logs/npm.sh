# npm.sh - sourced: other people's readers and writers from npm, in build/npm; exit 77 with the reason where they cannot be had.
# Wants $root (of the repository) and $scratch (a folder); sets $modules.
modules=$root/build/npm
skip() { echo "skipped: $1"; exit 77; }
command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
node -e 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' || skip "node is older than 18"

# Exact versions, installed beside the final name so that a broken download is never taken for a whole one.
if [ ! -d "$modules/node_modules/@mcap/core" ]; then
    rm -rf "$modules" "$modules".tmp && mkdir -p "$modules".tmp
    cat >"$modules".tmp/package.json <<'JSON'
{
  "name": "binnacle-judge", "private": true,
  "dependencies": {
    "@mcap/core": "2.2.2", "@foxglove/crc": "1.0.1", "@foxglove/rosmsg": "5.0.5",
    "@foxglove/rosmsg2-serialization": "3.1.0", "@foxglove/wasm-lz4": "1.0.2", "@foxglove/wasm-zstd": "1.0.1"
  }
}
JSON
    if ! (cd "$modules".tmp && timeout 180 npm install --no-audit --no-fund --ignore-scripts --fetch-retries=1 \
          --fetch-timeout=20000) >"$scratch/npm" 2>&1; then
        timeout 15 npm ping >/dev/null 2>&1 || skip "npm registry out of reach"
        cat "$scratch/npm"; exit 1
    fi
    mv "$modules".tmp "$modules"
fi
