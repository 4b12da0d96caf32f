package guest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gpuconv/conv"
	"gpuconv/fault"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// formula is an expression of the numbers of a problem, in the language of github.com/expr-lang/expr.
type formula struct {
	text    string
	program *vm.Program
	uses    []string // the names in it
}

// plain is a problem without options. parseFormula takes the names of numbers from it, and their types.
var plain = conv.Problem{Src: conv.Shape{1, 1, 8, 8}, Weight: conv.Shape{1, 1, 3, 3}}

// numbers returns the values of all names that formulas may use, for a problem.
func numbers(p conv.Problem, local [3]int) map[string]any {
	p.Spec = p.WithDefaults()
	dst, err := p.Dst()
	if err != nil {
		dst = conv.Shape{} // problems are checked before they get here
	}
	sums := p
	sums.Activation, sums.Pool = conv.Identity, conv.Pool{}
	before, _ := sums.Dst()
	return map[string]any{
		"N": p.Src.N(), "C": p.Src.C(), "H": p.Src.H(), "W": p.Src.W(),
		"K": p.Weight[0], "C_group": p.Weight[1], "KH": p.Weight[2], "KW": p.Weight[3],
		"C_out": dst.C(), "H_out": dst.H(), "W_out": dst.W(), "H_sum": before.H(), "W_sum": before.W(),
		"stride_h": p.Stride[0], "stride_w": p.Stride[1], "dilation_h": p.Dilation[0], "dilation_w": p.Dilation[1],
		"pad_top": p.Padding.Top, "pad_bottom": p.Padding.Bottom, "pad_left": p.Padding.Left, "pad_right": p.Padding.Right,
		"padding_mode": p.PaddingMode.String(), "groups": p.Groups, "bias": p.Bias, "activation": p.Activation.String(),
		"pool": poolName(p.Pool), "pool_h": p.Pool.Size[0], "pool_w": p.Pool.Size[1],
		"pool_stride_h": p.Pool.Stride[0], "pool_stride_w": p.Pool.Stride[1],
		"local_x": local[0], "local_y": local[1], "local_z": local[2],
	}
}

func poolName(p conv.Pool) string {
	switch p.Kind {
	case conv.MaxPool:
		return "max"
	case conv.AvgPool:
		return "avg"
	}
	return "none"
}

// parseFormula reads a formula. It refuses names that are not numbers of a problem.
func parseFormula(text string) (formula, error) {
	program, err := expr.Compile(text, expr.Env(numbers(plain, [3]int{1, 1, 1})))
	if err != nil {
		return formula{}, formula{text: text}.wrong(reason(err))
	}
	f := formula{text: text, program: program}
	tree := program.Node()
	ast.Walk(&tree, &f)
	return f, nil
}

// reason returns what is wrong with a formula, in one line.
func reason(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}

// Visit notes the names of a formula. It implements ast.Visitor.
func (f *formula) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok && !slices.Contains(f.uses, n.Value) {
		f.uses = append(f.uses, n.Value)
	}
}

// of returns the value of the formula.
func (f formula) of(values map[string]any) (any, error) {
	value, err := expr.Run(f.program, values)
	if err != nil {
		return nil, f.wrong(reason(err))
	}
	return value, nil
}

// number returns the value of a formula that gives a number. true is 1, and false is 0.
func (f formula) number(values map[string]any) (float64, error) {
	value, err := f.of(values)
	if err != nil {
		return 0, err
	}
	switch v := value.(type) {
	case int:
		return float64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, f.wrong(fmt.Sprintf("it gives %v, want a number", v))
		}
		return v, nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	}
	return 0, f.wrong(fmt.Sprintf("it gives %v, want a number", value))
}

// count returns the value of a formula that gives a whole number of at least smallest.
func (f formula) count(values map[string]any, smallest int) (int, error) {
	v, err := f.number(values)
	if err == nil && (v != math.Trunc(v) || v < float64(smallest) || v > math.MaxInt32) {
		err = f.wrong(fmt.Sprintf("it gives %v, want a whole number of at least %d", v, smallest))
	}
	return int(v), err
}

// holds returns the value of a formula that gives true or false.
func (f formula) holds(values map[string]any) (bool, error) {
	value, err := f.of(values)
	if err != nil {
		return false, err
	}
	if v, ok := value.(bool); ok {
		return v, nil
	}
	return false, f.wrong(fmt.Sprintf("it gives %v, want true or false", value))
}

func (f formula) wrong(rule string) error {
	return &fault.Error{Package: "guest", Argument: "formula", Value: fmt.Sprintf("%q", f.text), Rule: rule}
}
