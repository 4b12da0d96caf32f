package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/npy"
)

// The classes and functions that a pickle of torch.save names, and what this package makes of them. Calls of all others
// become objects.

// storages has the type of the elements for each class of typed storages.
var storages = map[string]string{"FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2",
	"BFloat16Storage": "bf16", "ByteStorage": "u1", "CharStorage": "i1", "ShortStorage": "i2", "IntStorage": "i4",
	"LongStorage": "i8", "BoolStorage": "b1"}

// storageOf returns the storage of a persistent id: ("storage", class, key, device, number of elements).
func storageOf(id value) value {
	parts, ok := id.([]value)
	if !ok || len(parts) != 5 || parts[0] != "storage" {
		return object{global{"", "a persistent object"}}
	}
	class, isClass := parts[1].(global)
	key, isKey := parts[2].(string)
	count, isCount := parts[4].(int64)
	if !isClass || !isKey || !isCount {
		return object{global{"", "a persistent object"}}
	}
	dtype, known := storages[class.name]
	if !known || class.module != "torch" {
		dtype = class.String()
	}
	return storage{dtype, key, count}
}

// reduce returns what a call of a class or function makes, without calling it.
func reduce(class, args value) value {
	g, ok := class.(global)
	if !ok {
		return object{global{"", "an object"}}
	}
	items, _ := args.([]value)
	switch g.String() {
	case "collections.OrderedDict":
		d := &dict{}
		if len(items) == 1 {
			pairs, _ := items[0].(*sequence)
			for _, pair := range entries(pairs) {
				_ = d.set(pair) // a pair has two values
			}
		}
		return d
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		return rebuilt(items)
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(items) > 0 {
			return items[0]
		}
	case "torch.Size":
		if len(items) == 1 {
			return items[0]
		}
	}
	return object{g}
}

// entries returns the pairs of a list of pairs.
func entries(of *sequence) (pairs [][]value) {
	if of == nil {
		return nil
	}
	for _, item := range of.items {
		if s, ok := item.(*sequence); ok {
			item = s.items
		}
		if pair, ok := item.([]value); ok && len(pair) == 2 {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// rebuilt returns the tensor of _rebuild_tensor_v2(storage, offset, shape, stride, …).
func rebuilt(args []value) value {
	if len(args) < 4 {
		return object{global{"torch", "Tensor"}}
	}
	in, isStorage := args[0].(storage)
	offset, isOffset := args[1].(int64)
	shape, isShape := extents(args[2])
	stride, isStride := extents(args[3])
	if !isStorage || !isOffset || !isShape || !isStride || offset < 0 || len(shape) != len(stride) {
		return object{global{"torch", "Tensor"}}
	}
	return stored{in, offset, shape, stride}
}

// extents returns a tuple of numbers that are not negative.
func extents(v value) ([]int, bool) {
	items, ok := v.([]value)
	if !ok || len(items) > mostDims {
		return nil, false
	}
	all := []int{}
	for _, item := range items {
		n, ok := item.(int64)
		if !ok || n < 0 || n > 1<<44 {
			return nil, false
		}
		all = append(all, int(n))
	}
	return all, true
}

// walk collects the tensors in the result of a pickle, and names the kinds of other objects in it. It skips numbers and
// texts.
type walk struct {
	tensors []tensor
	rest    []string
	visited int
	named   int // bytes of all names
}

// Bounds of a walk: a dictionary may contain itself, or another one many times, and keys may be long.
const (
	mostDepth   = 16
	mostVisited = 1 << 20
	mostNames   = 64 << 20
	mostRest    = 1 << 10
)

// full reports whether a walk has come to its bounds.
func (w *walk) full() bool { return w.visited > mostVisited || w.named > mostNames }

// visit adds v, which is called name.
func (w *walk) visit(name string, v value, depth int) {
	w.visited, w.named = w.visited+1, w.named+len(name)
	if depth > mostDepth || w.full() {
		return
	}
	switch v := v.(type) {
	case stored:
		w.tensors = append(w.tensors, v.tensor(name))
	case *dict:
		for i, key := range v.keys {
			if w.full() {
				return
			}
			w.visit(joined(name, text(key)), v.values[i], depth+1)
		}
	case *sequence:
		w.visitAll(name, v.items, depth)
	case []value:
		w.visitAll(name, v, depth)
	case object:
		w.also(name, strings.TrimPrefix(v.of.String(), "."))
	case global:
		w.also(name, v.String())
	case storage:
		w.also(name, "a storage")
	}
}

func (w *walk) visitAll(name string, items []value, depth int) {
	for i, item := range items {
		if w.full() {
			return
		}
		w.visit(joined(name, fmt.Sprint(i)), item, depth+1)
	}
}

// text returns a key, or a part of a class's name, as a text. It writes no tuples: a tuple of a hundred bytes may hold
// others 2⁶⁰ times.
func text(v value) string {
	switch v := v.(type) {
	case string:
		return v
	case nil, bool, int64, float64:
		return fmt.Sprint(v)
	}
	return "…"
}

// also notes a thing that is not a tensor, and each kind of thing only once.
func (w *walk) also(name, what string) {
	if len(w.rest) == mostRest {
		return
	}
	if name != "" {
		what += " (" + name + ")"
	}
	kind, _, _ := strings.Cut(what, " (")
	same := func(noted string) bool { return noted == kind || strings.HasPrefix(noted, kind+" (") }
	if !slices.ContainsFunc(w.rest, same) {
		w.rest = append(w.rest, what)
	}
}

func joined(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}

// tensor says where the elements of s are. They may end beyond the storage: torch.section refuses such a tensor. If
// there are too many of them, start and end are 0, and check refuses the tensor.
func (s stored) tensor(name string) tensor {
	t := tensor{name: name, shape: s.shape, dtype: s.in.dtype, entry: s.in.key}
	size := int64(npy.ElementSize(s.in.dtype))
	if !contiguous(s.shape, s.stride) {
		t.stride = s.stride
	}
	elements := int64(1)
	for _, n := range s.shape {
		if n > 0 && elements > (1<<44)/int64(n) {
			return t // start and end are 0: check refuses it
		}
		elements *= int64(n)
	}
	if t.stride != nil && elements > 0 {
		last, err := t.last()
		if err != nil || int64(last) > 1<<44 {
			return t
		}
		elements = int64(last) + 1
	}
	if s.offset > 1<<44 {
		return t
	}
	t.start, t.end = s.offset*size, (s.offset+elements)*size
	return t
}
