package guest

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"

	"github.com/BurntSushi/toml"
)

// Example is an interface file with comments, as gpuconv verify --print-interface prints it.
//
//go:embed example.toml
var Example string

// Interface says how to call a shader.
type Interface struct {
	Tolerance float64 // see [conv.Description]

	buffers   [4]bufferOf
	uniforms  []valueOf
	defines   []valueOf
	constants []valueOf
	groups    [3]formula
	accepts   []formula
}

// The buffers of a shader, in this order.
const (
	src = iota
	weight
	bias
	dst
)

var bufferNames = [4]string{"src", "weight", "bias", "dst"}

// bufferOf is a storage buffer. binding is −1 if the shader has none.
type bufferOf struct {
	binding int
	exact   bool
	layout  layout
}

// valueOf is a uniform, a define or a specialization constant, with the formulas of its numbers.
type valueOf struct {
	name     string
	formulas []formula
}

// content is the form of the TOML file.
type content struct {
	Tolerance float64             `toml:"tolerance"`
	Accepts   []string            `toml:"accepts"`
	Buffers   map[string]inBuffer `toml:"buffers"`
	Uniforms  map[string]any      `toml:"uniforms"`
	Defines   map[string]any      `toml:"defines"`
	Constants map[string]any      `toml:"constants"`
	Groups    map[string]any      `toml:"groups"`
}

type inBuffer struct {
	Binding *int   `toml:"binding"`
	Layout  string `toml:"layout"`
	Exact   bool   `toml:"exact"`
}

// ParseInterface reads an interface file. Its errors are one line each: what, which value, what would be right.
func ParseInterface(text string) (*Interface, error) {
	var f content
	meta, err := toml.Decode(text, &f)
	var where toml.ParseError
	switch {
	case errors.As(err, &where):
		return nil, fault.New("guest", "line", where.Position.Line, "%s", where.Message)
	case err != nil:
		return nil, &fault.Error{Package: "guest", Err: err}
	case len(meta.Undecoded()) > 0:
		return nil, fault.New("guest", "key", meta.Undecoded()[0].String(),
			"there is no such key, see gpuconv verify --print-interface")
	case f.Tolerance < 0 || math.IsNaN(f.Tolerance) || f.Tolerance > 1:
		return nil, fault.New("guest", "tolerance", f.Tolerance,
			"want a fraction of the largest output, such as 1e-6, or 0")
	}
	i := &Interface{Tolerance: f.Tolerance}
	if err := i.readBuffers(f.Buffers); err != nil {
		return nil, err
	}
	for _, table := range []struct {
		name   string
		values map[string]any
		to     *[]valueOf
	}{{"uniforms", f.Uniforms, &i.uniforms}, {"defines", f.Defines, &i.defines},
		{"constants", f.Constants, &i.constants}} {
		for _, name := range slices.Sorted(maps.Keys(table.values)) {
			made, err := readValue(name, table.values[name], 4)
			if err != nil {
				return nil, in(table.name+"."+name, err)
			}
			*table.to = append(*table.to, made)
		}
	}
	return i, errors.Join(i.readGroups(f.Groups), i.readAccepts(f.Accepts), i.checkConstants())
}

// in adds to an error which key it is about.
func in(key string, err error) error { return &fault.Error{Package: "guest", Argument: key, Err: err} }

func (i *Interface) readBuffers(given map[string]inBuffer) error {
	for name := range given {
		if !slices.Contains(bufferNames[:], name) {
			return fault.New("guest", "buffer", name, "want src, weight, bias and dst")
		}
	}
	taken := map[int]string{}
	for at, name := range bufferNames {
		i.buffers[at].binding = -1
		b, ok := given[name]
		if !ok && at == bias {
			continue
		}
		if b.Binding == nil || *b.Binding < 0 {
			return fault.New("guest", "buffers."+name, "",
				`want { binding = 0 }, the number in its layout(binding = 0)`)
		}
		if other, ok := taken[*b.Binding]; ok {
			return fault.New("guest", "buffers."+name+".binding", *b.Binding, "%s has it already", other)
		}
		taken[*b.Binding] = name
		axes := [4]string{"NCHW", "OIHW", "", "NCHW"}[at]
		i.buffers[at] = bufferOf{binding: *b.Binding, exact: b.Exact, layout: layout{block: 1}}
		if axes == "" {
			if b.Layout != "" {
				return fault.New("guest", "buffers.bias.layout", b.Layout, "want none, it is a list of numbers")
			}
			continue
		}
		if b.Layout == "" {
			b.Layout = axes
		}
		var err error
		if i.buffers[at].layout, err = parseLayout(b.Layout, axes); err != nil {
			return in("buffers."+name, err)
		}
	}
	return nil
}

// readValue reads a number, a formula, or a list of up to limit of them.
func readValue(name string, given any, limit int) (valueOf, error) {
	v := valueOf{name: name}
	list, ok := given.([]any)
	if !ok {
		list = []any{given}
	}
	if len(list) < 1 || len(list) > limit {
		return v, fault.New("guest", "", "", "%d values, want 1 to %d", len(list), limit)
	}
	for _, one := range list {
		f, err := parseFormula(fmt.Sprint(one))
		if err != nil {
			return v, err
		}
		v.formulas = append(v.formulas, f)
	}
	return v, nil
}

// readGroups reads groups.x, groups.y and groups.z; the last two are 1 if they are missing.
func (i *Interface) readGroups(given map[string]any) error {
	for key := range given {
		if !slices.Contains([]string{"x", "y", "z"}, key) {
			return fault.New("guest", "groups."+key, "", "want groups.x, groups.y and groups.z")
		}
	}
	for at, axis := range []string{"x", "y", "z"} {
		text, ok := given[axis]
		if !ok {
			text = 1
		}
		if !ok && at == 0 {
			return fault.New("guest", "groups.x", "", `want how many work-groups are dispatched: "ceil(W_out / 16)"`)
		}
		var err error
		if i.groups[at], err = parseFormula(fmt.Sprint(text)); err != nil {
			return in("groups."+axis, err)
		}
	}
	return nil
}

func (i *Interface) readAccepts(given []string) error {
	for _, text := range given {
		f, err := parseFormula(text)
		if err == nil {
			_, err = f.holds(numbers(plain, [3]int{1, 1, 1}))
		}
		if err != nil {
			return in("accepts", err)
		}
		i.accepts = append(i.accepts, f)
	}
	return nil
}

func (i *Interface) checkConstants() error {
	for _, c := range i.constants {
		if _, err := strconv.ParseUint(c.name, 10, 32); err != nil || len(c.formulas) != 1 {
			return fault.New("guest", "constants."+c.name, "",
				"want the number of a specialization constant, with one value")
		}
	}
	return nil
}

// unknown returns those of the names that are in no formula: neither of a value that the shader is given, nor of its
// work-groups, nor of accepts.
func (i *Interface) unknown(names []string) (missing []string) {
	for _, name := range names {
		known := i.uses(i.accepts, name)
		if name == toldGroups {
			known = i.uses(i.accepts, "groups") || i.uses(nil, "C_group")
		}
		if !known {
			missing = append(missing, name)
		}
	}
	return missing
}

// toldGroups is in place of two names: a shader learns of groups by either of them. In accepts C_group does not count,
// because it does not tell the shader that there are groups.
const toldGroups = "groups or C_group"

// uses reports whether a name is in a formula: of a value that the shader is given, of its work-groups, or a further
// one.
func (i *Interface) uses(further []formula, name string) bool {
	all := slices.Concat(further, i.groups[:])
	for _, v := range slices.Concat(i.uniforms, i.defines, i.constants) {
		all = append(all, v.formulas...)
	}
	return slices.ContainsFunc(all, func(f formula) bool { return slices.Contains(f.uses, name) })
}

// Refuses says why the shader does not accept a problem, or returns nil. A problem is refused if a formula of accepts
// is false for it, or if it has an option, such as a stride above 1, that the interface does not give to the shader.
func (i *Interface) Refuses(p conv.Problem) error {
	p.Spec = p.WithDefaults()
	values := numbers(p, [3]int{1, 1, 1})
	for _, f := range i.accepts {
		ok, err := f.holds(values)
		if err != nil {
			return err
		}
		if !ok {
			return refusal("it accepts " + f.text)
		}
	}
	if p.Bias && i.buffers[bias].binding < 0 {
		return refusal("a bias: the interface has no buffer for it")
	}
	for _, n := range needs(p) {
		if missing := i.unknown(n.names); len(missing) > 0 {
			return refusal(n.what + ": the interface does not give it to the shader, no formula has " +
				strings.Join(missing, " and "))
		}
	}
	return nil
}

// need is an option of a problem. Each of its names must be in a formula.
type need struct {
	what  string
	names []string
}

// needs lists the options of a problem that a shader must know. Those that a plain convolution has are not among them.
// A pair, such as a stride, has a name for each axis: a shader that is given one of them may take it for both axes.
func needs(p conv.Problem) (all []need) {
	add := func(plain bool, what string, names ...string) {
		if !plain {
			all = append(all, need{what, names})
		}
	}
	one, padded := [2]int{1, 1}, p.Padding != conv.Padding{}
	add(p.Stride == one, fmt.Sprintf("a stride of %d×%d", p.Stride[0], p.Stride[1]), "stride_h", "stride_w")
	add(p.Dilation == one, fmt.Sprintf("a dilation of %d×%d", p.Dilation[0], p.Dilation[1]), "dilation_h", "dilation_w")
	add(!padded, "padding", "pad_top", "pad_left")
	add(!padded || p.PaddingMode == conv.Zeros, fmt.Sprintf("padding mode %v", p.PaddingMode), "padding_mode")
	add(p.Groups == 1, fmt.Sprintf("%d groups", p.Groups), toldGroups)
	add(p.Activation == conv.Identity, fmt.Sprintf("activation %v", p.Activation), "activation")
	add(p.Pool.Kind == conv.NoPool, "a pool", "pool", "pool_h", "pool_w", "pool_stride_h", "pool_stride_w")
	return all
}

func refusal(rule string) error {
	return &fault.Error{Package: "guest", Rule: rule, Err: conv.ErrUnsupported}
}

// values returns the numbers of uniforms, defines or constants for a problem.
func (v valueOf) values(of map[string]any) (all []float64, err error) {
	for _, f := range v.formulas {
		n, err := f.number(of)
		if err != nil {
			return nil, in(v.name, err)
		}
		all = append(all, n)
	}
	return all, nil
}
