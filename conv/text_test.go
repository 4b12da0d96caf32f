package conv_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"testing"

	"gpuconv/conv"

	"pgregory.net/rapid"
)

// TestNames: the name of every constant is read back as that constant.
func TestNames(t *testing.T) {
	for _, v := range []interface {
		encoding.TextMarshaler
		fmt.Stringer
	}{
		conv.Zeros, conv.Reflect, conv.Replicate, conv.Circular, conv.Symmetric, conv.Identity, conv.ReLU, conv.Energy, conv.NoPool, conv.MaxPool, conv.AvgPool,
		conv.Pool{}, conv.Pool{Kind: conv.AvgPool, Size: [2]int{3, 2}, Stride: [2]int{1, 4}},
	} {
		text, err := v.MarshalText()
		if err != nil || string(text) != v.String() {
			t.Errorf("%v: %q, %v", v, text, err)
		}
		var again fmt.Stringer
		switch v.(type) {
		case conv.PaddingMode:
			again = read(t, text, conv.PaddingMode(1))
		case conv.Activation:
			again = read(t, text, conv.Activation(1))
		case conv.PoolKind:
			again = read(t, text, conv.PoolKind(1))
		case conv.Pool:
			again = read(t, text, conv.Pool{Kind: conv.MaxPool})
		}
		if again != v {
			t.Errorf("%q is read as %v", text, again)
		}
	}
}

// read reads a text into a value that already holds another one.
func read[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, text []byte, into T) T {
	if err := P(&into).UnmarshalText(text); err != nil {
		t.Errorf("%q: %v", text, err)
	}
	return into
}

func TestPoolTexts(t *testing.T) {
	for text, want := range map[string]conv.Pool{
		"max:2":            {Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}},
		"max:3:2":          {Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}},
		"avg:2,1:1, 2":     {Kind: conv.AvgPool, Size: [2]int{2, 1}, Stride: [2]int{1, 2}},
		"avg:4,4:5,6":      {Kind: conv.AvgPool, Size: [2]int{4, 4}, Stride: [2]int{5, 6}},
		"none":             {},
		"avg:20,30:40,500": {Kind: conv.AvgPool, Size: [2]int{20, 30}, Stride: [2]int{40, 500}},
	} {
		if got := read(t, []byte(text), conv.Pool{Kind: conv.MaxPool, Size: [2]int{9, 9}}); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// TestTextRefusals: a text that is refused changes nothing, and the error lists the texts that are accepted.
func TestTextRefusals(t *testing.T) {
	const pools = "want none, or max or avg with a size and perhaps a stride: max:2, avg:3:2"
	for _, text := range []string{"", "max", "none:2", "none:", "max:", "max:0", "max:2:", "max:2:0", "max:2:1:1",
		"max:1,2,3", "max:a", "min:2", "MAX:2", "max:2,", "max:-1"} {
		pool := conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}}
		before := pool
		checkShapeError(t, pool.UnmarshalText([]byte(text)), "pool", fmt.Sprintf("%q", text), pools)
		if pool != before {
			t.Errorf("%q changes the pool to %v", text, pool)
		}
	}
	mode, activation, kind := conv.Circular, conv.ReLU, conv.AvgPool
	checkShapeError(t, mode.UnmarshalText([]byte("zero")), "padding mode", `"zero"`,
		"want zeros, reflect, replicate, circular or symmetric")
	checkShapeError(t, activation.UnmarshalText([]byte("")), "activation", `""`, "want none, relu or energy")
	checkShapeError(t, kind.UnmarshalText([]byte("a\nb")), "pool", `"a\nb"`, "want none, max or avg")
	if mode != conv.Circular || activation != conv.ReLU || kind != conv.AvgPool {
		t.Errorf("changed to %v, %v, %v", mode, activation, kind)
	}
	_, err := conv.PaddingMode(5).MarshalText()
	checkShapeError(t, err, "padding mode", "5", "want zeros, reflect")
	_, err = conv.Pool{Kind: -1}.MarshalText()
	checkShapeError(t, err, "pool", "-1", "want none, max or avg")
}

// TestJSON: a Spec is written in the form that reports have had since the first verify (schema 1), and read back.
func TestJSON(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{2, 4, 9, 11}, Weight: conv.Shape{6, 2, 3, 5}, Bias: true, Spec: conv.Spec{
		Stride: [2]int{2, 1}, Dilation: [2]int{1, 2}, Padding: conv.Padding{Top: 1, Bottom: 2, Left: 3, Right: 4}, PaddingMode: conv.Reflect,
		Groups: 2, Activation: conv.ReLU, Pool: conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 3}, Stride: [2]int{2, 3}}}}
	const want = `{"src":[2,4,9,11],"weight":[6,2,3,5],"bias":true,"stride":[2,1],"dilation":[1,2],` +
		`"padding":{"Top":1,"Bottom":2,"Left":3,"Right":4},"padding_mode":"reflect","groups":2,"activation":"relu","pool":"max:2,3:2,3"}`
	text, err := json.Marshal(p)
	if err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
	var again conv.Problem
	if err := json.Unmarshal(text, &again); err != nil || again != p {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestJSONRoundTrip: every valid problem is the same after it was written and read.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(low, high int, name string) int { return rapid.IntRange(low, high).Draw(t, name) }
		pair := func(low, high int, name string) [2]int {
			return [2]int{number(low, high, name), number(low, high, name)}
		}
		groups := number(0, 2, "groups")
		p := conv.Problem{Src: conv.Shape{1, 2 * max(groups, 1), 12, 13}, Weight: conv.Shape{4, 2, 3, 2},
			Spec: conv.Spec{
				Stride: pair(0, 2, "stride"), Dilation: pair(0, 2, "dilation"), Padding: conv.Pad(number(0, 2, "h"), number(0, 2, "w")),
				PaddingMode: conv.PaddingMode(number(0, 4, "mode")), Groups: groups,
				Activation: conv.Activation(number(0, 2, "activation")), Pool: conv.Pool{Kind: conv.PoolKind(number(0, 2, "pool"))}}}
		if p.Pool.Kind != conv.NoPool {
			p.Pool.Size, p.Pool.Stride = pair(1, 3, "size"), pair(0, 3, "pool stride")
		}
		if _, err := p.Dst(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again conv.Problem
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if again.WithDefaults() != p.WithDefaults() || again.Src != p.Src || again.Weight != p.Weight {
			t.Fatalf("%s is read as %+v, want %+v", text, again, p)
		}
	})
}

// TestBeside: an error says nothing twice.
func TestBeside(t *testing.T) {
	err := &conv.ShapeError{Arg: "pool", Value: `"a"`, Rule: "want none"}
	for value, want := range map[string]string{"a": "want none", `"a"`: "want none", "b": `pool "a": want none`} {
		if got := err.Beside("pool", value); got != want {
			t.Errorf("beside %s: %q, want %q", value, got, want)
		}
	}
}
