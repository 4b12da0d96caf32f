package input

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestAccessLists: if a POSIX access list lets another user write, the permissions of the group show it. An entry does
// not count if the mask takes away its right to write.
func TestAccessLists(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for mask, refused := range map[uint16]bool{7: true, 5: false} {
		var list bytes.Buffer // see acl(5) and linux/posix_acl_xattr.h
		nobody, none := uint32(65534), ^uint32(0)
		err := binary.Write(&list, binary.LittleEndian, uint32(2))
		for _, entry := range []struct {
			Tag, Permissions uint16
			ID               uint32
		}{{0x01, 7, none}, {0x02, 7, nobody}, {0x04, 0, none}, {0x10, mask, none}, {0x20, 0, none}} {
			if err == nil {
				err = binary.Write(&list, binary.LittleEndian, entry)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setxattr(folder, "system.posix_acl_access", list.Bytes(), 0); err != nil {
			t.Skip(err) // for file systems without access lists
		}
		if err := CheckFolder(folder); (err != nil) != refused ||
			err != nil && !strings.Contains(err.Error(), "others may write to it") {
			t.Errorf("with a mask of %o: %v", mask, err)
		}
	}
}
