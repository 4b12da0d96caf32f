package programs

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// Program is a linked program, as glGetProgramBinary returns it.
type Program struct {
	Format uint32
	Data   []byte
}

// key is the SHA-256 of a driver and a source.
type key [sha256.Size]byte

// A file holds magic, the key, Program.Format as a little-endian uint32, the SHA-256 of the data, and the data. The
// hash detects truncated and damaged files, which might crash a driver.
const (
	magic  = "gpuconv program 1\n"
	header = len(magic) + sha256.Size + 4 + sha256.Size
)

// format returns the content of a file.
func format(p Program, k key) []byte {
	content := append([]byte(magic), k[:]...)
	content = binary.LittleEndian.AppendUint32(content, p.Format)
	hash := sha256.Sum256(p.Data)
	return append(append(content, hash[:]...), p.Data...)
}

// parse reads the content of a file. It returns false if the content is not a whole program of this key.
func parse(content []byte, k key) (Program, bool) {
	rest, ok := bytes.CutPrefix(content, append([]byte(magic), k[:]...))
	if !ok || len(content) <= header {
		return Program{}, false
	}
	p := Program{Format: binary.LittleEndian.Uint32(rest), Data: rest[4+sha256.Size:]}
	return p, sha256.Sum256(p.Data) == [sha256.Size]byte(rest[4:])
}
