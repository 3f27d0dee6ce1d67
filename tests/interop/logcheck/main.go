// Checks what Muniment hands to strangers with nothing of Muniment in it: Go's own
// golang.org/x/mod/sumdb/note and tlog, the standard library, and the published formats.
//
//	logcheck log     FOLDER VKEYS [WITNESS-VKEYS]   a published ledger: every tile, every entry
//	logcheck package FOLDER [VKEYS]                 the log part of an unpacked evidence package
//	logcheck vectors FOLDER                         inclusion and consistency vectors (tests/interop/vectors.py)
//
// VKEYS are files of verifier keys, one a line. Prints what was checked; exits 1 at the first thing that is
// wrong, and says which.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	if len(os.Args) < 3 {
		fail("logcheck log|package|vectors FOLDER [VKEYS [WITNESS-VKEYS]]")
	}
	rest := append(os.Args[3:], "", "")
	switch os.Args[1] {
	case "log":
		checkLog(os.Args[2], rest[0], rest[1])
	case "package":
		checkPackage(os.Args[2], rest[0])
	case "vectors":
		checkVectors(os.Args[2])
	default:
		fail("unknown: %s", os.Args[1])
	}
}

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "WRONG: "+format+"\n", args...)
	os.Exit(1)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	return data
}

// Notes

// checkpoint is the text of a signed note (C2SP tlog-checkpoint).
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	by     []string // names of the keys that signed
}

func openCheckpoint(where string, data []byte, keys []note.Verifier) checkpoint {
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		fail("%s: %v", where, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		fail("%s: no checkpoint", where)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		fail("%s: size %q", where, lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("%s: %v", where, err)
	}
	found := checkpoint{origin: lines[0], size: size, root: root}
	for _, sig := range opened.Sigs {
		found.by = append(found.by, sig.Name)
	}
	return found
}

// mustBeSignedBy demands a signature of the ledger itself, not of witnesses alone.
func (c checkpoint) mustBeSignedBy(where string, logs []note.Verifier) {
	for _, name := range c.by {
		if name == c.origin && name == logs[0].Name() {
			return
		}
	}
	fail("%s: origin %q is signed by %v", where, c.origin, c.by)
}

func logKeys(path string) []note.Verifier {
	var keys []note.Verifier
	for _, line := range strings.Fields(string(read(path))) {
		key, err := note.NewVerifier(line)
		if err != nil {
			fail("%s: %v", path, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		fail("%s: no key", path)
	}
	return keys
}

// witness verifies cosignature/v1 (C2SP tlog-cosignature); note.NewVerifier knows log keys only.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(w.key, append([]byte(head), msg...), sig[8:])
}

// witnessKeys reads keys of type 4; those of other types are nothing that this program can judge.
func witnessKeys(path string) []note.Verifier {
	var keys []note.Verifier
	if path == "" {
		return keys
	}
	for _, line := range strings.Fields(string(read(path))) {
		parts := strings.SplitN(line, "+", 3)
		if len(parts) != 3 {
			fail("%s: %q is no key", path, line)
		}
		raw, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil || len(raw) == 0 {
			fail("%s: %q is no key", path, line)
		}
		if raw[0] != 4 {
			continue
		}
		id := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
		if fmt.Sprintf("%x", id[:4]) != parts[1] || len(raw) != 1+ed25519.PublicKeySize {
			fail("%s: %q has another id", path, line)
		}
		keys = append(keys, witness{parts[0], binary.BigEndian.Uint32(id[:4]), raw[1:]})
	}
	return keys
}

// Tiles

// tiles reads C2SP tlog-tiles files for tlog.TileHashReader, which checks each against the root.
type tiles struct{ folder string }

func (t tiles) Height() int                         { return tileHeight }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(w []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range w {
		data, err := readPartial(t.folder, strconv.Itoa(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %d/%d has %d bytes", tile.L, tile.N, len(data))
		}
		found = append(found, data[:tile.W*tlog.HashSize])
	}
	return found, nil
}

// readPartial reads a tile of so many entries, or the full one that took its place.
func readPartial(folder, kind string, n int64, width int) ([]byte, error) {
	path := filepath.Join(folder, "tile", kind, index(n))
	if width < 1<<tileHeight {
		if data, err := os.ReadFile(fmt.Sprintf("%s.p/%d", path, width)); err == nil {
			return data, nil
		}
	}
	return os.ReadFile(path)
}

func index(n int64) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	return name
}

func checkLog(folder, vkeys, witnesses string) {
	logs, cosigners := logKeys(vkeys), witnessKeys(witnesses)
	file := filepath.Join(folder, "checkpoint")
	head := openCheckpoint(file, read(file), logs)
	head.mustBeSignedBy(file, logs)
	reader := tlog.TileHashReader(tlog.Tree{N: head.size, Hash: head.root}, tiles{folder})
	for n := int64(0); n*256 < head.size; n++ {
		width := head.size - n*256
		if width > 256 {
			width = 256
		}
		checkBundle(folder, n, int(width), reader)
	}
	if head.size > 0 {
		root, err := tlog.TreeHash(head.size, reader)
		if err != nil || root != head.root {
			fail("tiles: root %v, %v", root, err)
		}
	}
	fmt.Printf("log: %d entries\n", head.size)
	if len(cosigners) > 0 {
		checkCosigned(folder, logs, cosigners, head, reader)
	}
}

func checkBundle(folder string, n int64, width int, reader tlog.HashReader) {
	data, err := readPartial(folder, "entries", n, width)
	if err != nil {
		fail("bundle %d: %v", n, err)
	}
	for i := 0; i < width; i++ {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			fail("bundle %d ends within entry %d", n, i)
		}
		length := int(binary.BigEndian.Uint16(data))
		at := n*256 + int64(i)
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, at)})
		if err != nil {
			fail("entry %d: %v", at, err)
		}
		if hashes[0] != tlog.RecordHash(data[2:2+length]) {
			fail("entry %d is not what its tile says", at)
		}
		data = data[2+length:]
	}
}

func checkCosigned(folder string, logs, cosigners []note.Verifier, head checkpoint, reader tlog.HashReader) {
	file := filepath.Join(folder, "checkpoint.cosigned")
	old := openCheckpoint(file, read(file), append(append([]note.Verifier{}, logs...), cosigners...))
	old.mustBeSignedBy(file, logs)
	if len(old.by) < 2 {
		fail("%s: signed by %v only", file, old.by)
	}
	if old.size > head.size || old.size < 1 {
		fail("%s: %d entries of %d", file, old.size, head.size)
	}
	proof, err := tlog.ProveTree(head.size, old.size, reader)
	if err == nil {
		err = tlog.CheckTree(proof, head.size, head.root, old.size, old.root)
	}
	if err != nil {
		fail("%s: %v", file, err)
	}
	fmt.Printf("cosigned: %d entries by %d\n", old.size, len(old.by)-1)
}

// Packages

func checkPackage(folder, vkeys string) {
	if vkeys == "" {
		vkeys = filepath.Join(folder, "data/keys/ledger.vkeys")
	}
	logs := logKeys(vkeys)
	keys := append(append([]note.Verifier{}, logs...),
		witnessKeys(filepath.Join(folder, "data/keys/witnesses.vkeys"))...)
	leaves := map[int64]tlog.Hash{}
	for n, line := range bytes.SplitAfter(read(filepath.Join(folder, "data/ledger/entries.jsonl")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		space := bytes.IndexByte(line, ' ')
		if space < 0 || line[len(line)-1] != '\n' {
			fail("entries.jsonl line %d", n+1)
		}
		at, err := strconv.ParseInt(string(line[:space]), 10, 64)
		if err != nil {
			fail("entries.jsonl line %d: %v", n+1, err)
		}
		leaves[at] = tlog.RecordHash(line[space+1 : len(line)-1])
	}
	checkProofs(filepath.Join(folder, "proofs"), leaves, logs, keys, len(leaves))
	seal := filepath.Join(folder, "proofs/package.tlog-proof")
	entry := tlog.RecordHash(read(filepath.Join(folder, "proofs/package.entry")))
	checkProof(seal, -1, entry, logs, keys)
	stamps, _ := filepath.Glob(filepath.Join(folder, "data/timestamps/*"))
	for _, stamp := range stamps {
		checkProofs(stamp, leaves, logs, keys, -1)
	}
	fmt.Printf("package: %d entries, %d timestamps\n", len(leaves), len(stamps))
}

// checkProofs checks `checkpoint` and each `<index>.tlog-proof` of a folder; `want`: how many, or -1.
func checkProofs(folder string, leaves map[int64]tlog.Hash, logs, keys []note.Verifier, want int) {
	file := filepath.Join(folder, "checkpoint")
	top := read(file)
	openCheckpoint(file, top, keys).mustBeSignedBy(file, logs)
	names, _ := filepath.Glob(filepath.Join(folder, "[0-9]*.tlog-proof"))
	if want >= 0 && len(names) != want {
		fail("%s: %d proofs for %d entries", folder, len(names), want)
	}
	for _, name := range names {
		at, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(name), ".tlog-proof"), 10, 64)
		leaf, here := leaves[at]
		if err != nil || !here {
			fail("%s: no such entry here", name)
		}
		if !bytes.Equal(checkProof(name, at, leaf, logs, keys), top) {
			fail("%s: against another checkpoint", name)
		}
	}
}

// checkProof checks one C2SP tlog-proof and gives back its checkpoint; `at` -1: of any index.
func checkProof(where string, at int64, leaf tlog.Hash, logs, keys []note.Verifier) []byte {
	data := read(where)
	cut := bytes.Index(data, []byte("\n\n"))
	if cut < 0 {
		fail("%s: no empty line", where)
	}
	lines, signed := strings.Split(string(data[:cut]), "\n"), data[cut+2:]
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		fail("%s: no tlog-proof", where)
	}
	found, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil || (at >= 0 && found != at) {
		fail("%s: %s", where, lines[1])
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			fail("%s: %v", where, err)
		}
		proof = append(proof, hash)
	}
	head := openCheckpoint(where, signed, keys)
	head.mustBeSignedBy(where, logs)
	if err := tlog.CheckRecord(proof, head.size, head.root, found, leaf); err != nil {
		fail("%s: %v", where, err)
	}
	return signed
}

// Vectors

type vector struct {
	LeafIdx, TreeSize, Size1, Size2 int64
	Root, LeafHash, Root1, Root2    []byte
	Proof                           [][]byte
	Desc                            string
	WantErr                         bool
}

func checkVectors(folder string) {
	count := 0
	for _, kind := range []string{"inclusion", "consistency"} {
		names, _ := filepath.Glob(filepath.Join(folder, kind, "*.json"))
		sort.Strings(names)
		for _, name := range names {
			var v vector
			if err := json.Unmarshal(read(name), &v); err != nil {
				fail("%s: %v", name, err)
			}
			var hashes []tlog.Hash
			for _, h := range v.Proof {
				hashes = append(hashes, hash(name, h))
			}
			var err error
			if kind == "inclusion" {
				err = tlog.CheckRecord(hashes, v.TreeSize, hash(name, v.Root), v.LeafIdx, hash(name, v.LeafHash))
			} else {
				err = tlog.CheckTree(hashes, v.Size2, hash(name, v.Root2), v.Size1, hash(name, v.Root1))
			}
			if (err != nil) != v.WantErr {
				fail("%s (%s): %v", name, v.Desc, err)
			}
			count++
		}
	}
	fmt.Printf("vectors: %d\n", count)
}

func hash(where string, data []byte) (h tlog.Hash) {
	if copy(h[:], data) != tlog.HashSize || len(data) != tlog.HashSize {
		fail("%s: a hash of %d bytes", where, len(data))
	}
	return h
}
