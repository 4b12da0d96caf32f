package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A pickle is a program for a machine with a stack. Python's pickle may call any function that it names. This machine
// calls none: it makes dictionaries, lists, tuples, numbers and texts, and puts a placeholder in place of anything
// else. It is written here because the libraries for Go allocate as many bytes as a length in the file claims, which
// can end the process. It knows the opcodes that torch.save writes, and those of later protocols:
// https://docs.python.org/3/library/pickletools.html

// value is what a pickle makes: nil, bool, int64, float64, string, []value (a tuple), *sequence, *dict, global,
// storage, stored or object.
type value any

type sequence struct{ items []value }

// dict keeps its entries in the order in which they were set.
type dict struct{ keys, values []value }

// global names a class or function of Python. It is never looked up.
type global struct{ module, name string }

func (g global) String() string { return g.module + "." + g.name }

// object is a placeholder for what a class or function would have made.
type object struct{ of global }

// storage is the bytes of tensors: an entry of the archive.
type storage struct {
	dtype, key string
	count      int64
}

// stored is a tensor in a storage.
type stored struct {
	in            storage
	offset        int64
	shape, stride []int
}

// mostValues bounds what a pickle makes. A state dictionary has some ten values for each tensor.
const mostValues = 1 << 22

var errCut = errors.New("its pickle ends too early")

// machine runs a pickle.
type machine struct {
	code  []byte
	at    int
	stack []value
	marks []int // the height of the stack at each mark
	memo  map[int]value
	made  int
}

// Marks are not values, so they are not on the stack: machine.marks has the height of the stack at each mark.

func (m *machine) take(n int) ([]byte, error) {
	if n < 0 || n > len(m.code)-m.at {
		return nil, errCut
	}
	m.at += n
	return m.code[m.at-n : m.at], nil
}

// number reads an unsigned little-endian number of n bytes.
func (m *machine) number(n int) (int, error) {
	raw, err := m.take(n)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], raw)
	v := binary.LittleEndian.Uint64(wide[:])
	if v > math.MaxInt32 { // no length or index of a pickle of at most 64 MiB is larger
		return 0, fmt.Errorf("its pickle has a length of %d", v)
	}
	return int(v), nil
}

// text reads a text whose length is given in n bytes.
func (m *machine) text(n int) (string, error) {
	length, err := m.number(n)
	if err != nil {
		return "", err
	}
	raw, err := m.take(length)
	return string(raw), err
}

func (m *machine) line() (string, error) {
	for i := m.at; i < len(m.code); i++ {
		if m.code[i] == '\n' {
			text := string(m.code[m.at:i])
			m.at = i + 1
			return text, nil
		}
	}
	return "", errCut
}

func (m *machine) push(v value) error {
	if m.made++; m.made > mostValues {
		return fmt.Errorf("its pickle makes more than %d values", mostValues)
	}
	m.stack = append(m.stack, v)
	return nil
}

// pushMade pushes what reduce has made. The entries of a dictionary count too: each call copies them.
func (m *machine) pushMade(v value) error {
	if d, ok := v.(*dict); ok {
		m.made += len(d.keys)
	}
	return m.push(v)
}

var errStack = errors.New("its pickle takes from an empty stack")

// floor is the height below which nothing may be taken: that of the last mark.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (value, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

func (m *machine) top() (value, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	return m.stack[len(m.stack)-1], nil
}

// popMark takes all values down to the last mark.
func (m *machine) popMark() ([]value, error) {
	if len(m.marks) == 0 {
		return nil, errStack
	}
	height := m.floor()
	items := append([]value(nil), m.stack[height:]...)
	m.stack, m.marks = m.stack[:height], m.marks[:len(m.marks)-1]
	return items, nil
}

func (m *machine) popTuple(n int) error {
	items := make([]value, n)
	for i := n - 1; i >= 0; i-- {
		var err error
		if items[i], err = m.pop(); err != nil {
			return err
		}
	}
	return m.push(items)
}

// run runs a pickle to its end and returns what it makes.
func run(code []byte) (value, error) {
	m := &machine{code: code, memo: map[int]value{}}
	for {
		op, err := m.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			return m.pop()
		}
		if err := m.step(op[0]); err != nil {
			return nil, err
		}
	}
}

// step runs one opcode.
func (m *machine) step(op byte) error {
	if done, err := m.constant(op); done || err != nil {
		return err
	}
	if done, err := m.container(op); done || err != nil {
		return err
	}
	if done, err := m.memory(op); done || err != nil {
		return err
	}
	return m.call(op)
}
