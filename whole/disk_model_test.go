package whole

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// This file shows that files survive a power cut. A tape records every change that this package makes on a disk, at the
// seam in disk.go. The changes are replayed on a model of a disk. The model keeps only the two promises that systems
// make. A file that is synced has everything that was written before. A folder that is synced has the names that it had
// at that moment. Of all other changes, any part may reach the disk, in any order. Even half of a rename may reach it:
// the new name, or the loss of the old one. After each change the power is cut in every possible way. Then the old or
// the new file or folder must be there, whole, and the next process must be able to write the same again. Real systems
// do better than this model.

// tape records changes while they are made.
type tape struct {
	mutex   sync.Mutex
	changes []change
}

func (t *tape) options() Options {
	return Options{seam: func(c change, do func() error) error {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		err := do()
		if err == nil {
			c.data = slices.Clone(c.data)
			t.changes = append(t.changes, c)
		}
		return err
	}}
}

// node is a file or folder of the model.
type node struct {
	isFolder bool
	data     string // of a file
	synced   string // the part of data that is certainly on the disk
	now      map[string]*node
	durable  map[string]*node // the names that are certainly on the disk
	edits    []*edit          // of durable; each may be on the disk or not
}

// edit gives a name in a folder to another node, or removes the name.
type edit struct {
	name string
	to   *node
}

func newFolder() *node {
	return &node{isFolder: true, now: map[string]*node{}, durable: map[string]*node{}}
}

func (n *node) set(name string, to *node) {
	n.edits = append(n.edits, &edit{name, to})
	n.now[name] = to
	if to == nil {
		delete(n.now, name)
	}
}

// model is a disk.
type model struct{ root *node }

// newModel reads a folder. All of its content is on the disk.
func newModel(t *testing.T, folder string) *model {
	var read func(path string) *node
	read = func(path string) *node {
		entries, err := os.ReadDir(path)
		if err != nil {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return &node{data: string(text), synced: string(text)}
		}
		n := newFolder()
		for _, e := range entries {
			n.now[e.Name()] = read(filepath.Join(path, e.Name()))
		}
		n.durable = maps.Clone(n.now)
		return n
	}
	return &model{read(folder)}
}

// at returns the folder of a path, and the last name of the path.
func (m *model) at(t *testing.T, path string) (*node, string) {
	at := m.root
	names := strings.Split(path, "/")
	for _, name := range names[:len(names)-1] {
		if at = at.now[name]; at == nil {
			t.Fatalf("the tape has %s, whose folder does not exist", path)
		}
	}
	return at, names[len(names)-1]
}

// do replays a change; paths are relative to the model's root.
func (m *model) do(t *testing.T, c change) {
	if c.path == "." && c.action == syncsFolder {
		m.root.durable, m.root.edits = maps.Clone(m.root.now), nil
		return
	}
	folder, name := m.at(t, c.path)
	it := folder.now[name]
	if it == nil && c.action != creates && c.action != makesFolder {
		t.Fatalf("the tape has %s of %s, which does not exist", c.action, c.path)
	}
	switch c.action {
	case creates:
		folder.set(name, &node{})
	case makesFolder:
		folder.set(name, newFolder())
	case writes:
		it.data += string(c.data)
	case writesAt:
		if c.at != int64(len(it.data)) {
			t.Fatalf("the tape writes at %d of %s, which has %d bytes: the model only appends", c.at, c.path,
				len(it.data))
		}
		it.data += string(c.data)
	case truncates:
		it.data = it.data[:c.at]
		it.synced = it.synced[:min(len(it.synced), len(it.data))]
	case syncs:
		it.synced = it.data
	case syncsFolder:
		it.durable, it.edits = maps.Clone(it.now), nil
	case locks:
	case removes, removesAll:
		folder.set(name, nil)
	case links:
		to, newName := m.at(t, c.to)
		to.set(newName, it)
	case renames:
		to, newName := m.at(t, c.to)
		to.set(newName, it)
		folder.set(name, nil)
	}
}

// tree is what is found after a power cut: paths of files with their contents. Folders end with a slash.
type tree map[string]leaf

// leaf is a file, which may have several names, or a folder.
type leaf struct {
	text string
	node *node
}

func (t tree) String() string {
	var all []string
	for _, path := range slices.Sorted(maps.Keys(t)) {
		all = append(all, fmt.Sprintf("%s=%q", path, t[path].text))
	}
	return strings.Join(all, " ")
}

// cut calls found once for each state in which the disk may be if the power fails now. If there are too many states, it
// takes some at random, and the extremes.
func (m *model) cut(random *rand.Rand, found func(tree)) {
	seen := map[string]bool{}
	pending := m.pending()
	const all = 8
	ways := 1 << min(len(pending), all)
	for way := range ways {
		for part := range 3 {
			state := tree{}
			m.collect(m.root, "", func(i int) bool {
				switch {
				case len(pending) <= all:
					return way&(1<<i) != 0
				case way < 2:
					return way == 1
				}
				return random.IntN(2) == 0
			}, pending, part, state)
			if text := state.String(); !seen[text] {
				seen[text] = true
				found(state)
			}
		}
	}
}

// pending lists the edits that may be lost.
func (m *model) pending() (all []*edit) {
	seen := map[*node]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil || seen[n] || !n.isFolder {
			return
		}
		seen[n] = true
		for _, name := range slices.Sorted(maps.Keys(n.durable)) {
			walk(n.durable[name])
		}
		for _, e := range n.edits {
			all = append(all, e)
			walk(e.to)
		}
	}
	walk(m.root)
	return all
}

// collect lists what is below n. Of the pending edits, it includes those for which has is true.
func (m *model) collect(n *node, path string, has func(int) bool, pending []*edit, part int, into tree) {
	if !n.isFolder {
		lost := n.data[len(n.synced):]
		into[strings.TrimSuffix(path, "/")] = leaf{n.synced + lost[:len(lost)*part/2], n}
		return
	}
	if path != "" {
		into[path] = leaf{}
	}
	entries := maps.Clone(n.durable)
	for _, e := range n.edits {
		if has(slices.Index(pending, e)) {
			entries[e.name] = e.to
		}
	}
	for name, to := range entries {
		if to != nil {
			m.collect(to, path+name+"/", has, pending, part, into)
		}
	}
}

// crashes replays a tape up to each of its changes and cuts the power there. done is true after the last change.
func crashes(t *testing.T, start *model, root string, changes []change, found func(after int, done bool, found tree)) {
	random := rand.New(rand.NewPCG(1, 2))
	relative := func(path string) string {
		r, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.ToSlash(r)
	}
	for i := range len(changes) + 1 {
		start.cut(random, func(state tree) { found(i, i == len(changes), state) })
		if i == len(changes) {
			return
		}
		c := changes[i]
		c.path = relative(c.path)
		if c.to != "" {
			c.to = relative(c.to)
		}
		start.do(t, c)
	}
}

// quickDir returns a new folder, in memory if Linux has that, because hundreds of trees take long on a busy disk.
func quickDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "gpuconv-whole-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// lay writes what is found after a power cut into a new folder.
func lay(t *testing.T, found tree) string {
	root := quickDir(t)
	names := map[*node]string{}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		at, it := filepath.Join(root, filepath.FromSlash(path)), found[path]
		var err error
		switch {
		case it.node == nil:
			err = os.Mkdir(at, 0o777)
		case names[it.node] != "":
			err = os.Link(names[it.node], at)
		default:
			names[it.node] = at
			err = os.WriteFile(at, []byte(it.text), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}
