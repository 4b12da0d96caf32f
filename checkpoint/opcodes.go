package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// constant runs the opcodes that push a constant. It reports whether op is one of them.
func (m *machine) constant(op byte) (done bool, err error) {
	var v value
	switch op {
	case 0x80: // PROTO
		_, err = m.take(1)
		return true, err
	case 0x95: // FRAME
		_, err = m.take(8)
		return true, err
	case 'N':
	case 0x88, 0x89:
		v = op == 0x88
	case 'J':
		var raw []byte
		if raw, err = m.take(4); err == nil {
			v = int64(int32(binary.LittleEndian.Uint32(raw)))
		}
	case 'K', 'M':
		var n int
		n, err = m.number(map[byte]int{'K': 1, 'M': 2}[op])
		v = int64(n)
	case 0x8a: // LONG1
		v, err = m.long()
	case 'G':
		var raw []byte
		if raw, err = m.take(8); err == nil {
			v = math.Float64frombits(binary.BigEndian.Uint64(raw))
		}
	case 'X', 'T', 'B':
		v, err = m.text(4)
	case 0x8c, 'U', 'C':
		v, err = m.text(1)
	case 0x8d, 0x8e: // BINUNICODE8, BINBYTES8
		v, err = m.text(8)
	default:
		return false, nil
	}
	if err != nil {
		return true, err
	}
	return true, m.push(v)
}

// long reads an integer of up to 8 bytes. Longer ones have no meaning for tensors.
func (m *machine) long() (value, error) {
	n, err := m.number(1)
	if err != nil {
		return nil, err
	}
	raw, err := m.take(n)
	if err != nil || n > 8 {
		return object{global{"builtins", "int"}}, err
	}
	var wide [8]byte
	copy(wide[:], raw)
	if n > 0 && raw[n-1]&0x80 != 0 {
		for i := n; i < 8; i++ {
			wide[i] = 0xff
		}
	}
	return int64(binary.LittleEndian.Uint64(wide[:])), nil
}

// container runs the opcodes of tuples, lists, dictionaries and sets.
func (m *machine) container(op byte) (done bool, err error) {
	switch op {
	case '(':
		m.marks = append(m.marks, len(m.stack))
		return true, nil
	case ')':
		return true, m.push([]value{})
	case ']', 0x8f: // EMPTY_LIST, EMPTY_SET
		return true, m.push(&sequence{})
	case '}':
		return true, m.push(&dict{})
	case 0x85, 0x86, 0x87:
		return true, m.popTuple(int(op - 0x84))
	case 't', 'l', 'd', 0x91: // TUPLE, LIST, DICT, FROZENSET
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		switch op {
		case 't':
			return true, m.push(items)
		case 'd':
			d := &dict{}
			if err := d.set(items); err != nil {
				return true, err
			}
			return true, m.push(d)
		}
		return true, m.push(&sequence{items})
	case 'a', 's':
		return true, m.addOne(op)
	case 'e', 'u', 0x90: // APPENDS, SETITEMS, ADDITEMS
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.add(items)
	}
	return false, nil
}

// addOne runs APPEND and SETITEM.
func (m *machine) addOne(op byte) error {
	n := 1
	if op == 's' {
		n = 2
	}
	items := make([]value, n)
	for i := n - 1; i >= 0; i-- {
		var err error
		if items[i], err = m.pop(); err != nil {
			return err
		}
	}
	return m.add(items)
}

// add adds items to the list or dictionary on top of the stack. Items for an object of an unknown class are dropped.
func (m *machine) add(items []value) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	switch to := top.(type) {
	case *sequence:
		to.items = append(to.items, items...)
	case *dict:
		return to.set(items)
	case object:
	default:
		return fmt.Errorf("its pickle adds items to a %T", top)
	}
	return nil
}

// set sets pairs of keys and values.
func (d *dict) set(pairs []value) error {
	if len(pairs)%2 != 0 {
		return fmt.Errorf("its pickle has a key without a value")
	}
	for i := 0; i < len(pairs); i += 2 {
		d.keys, d.values = append(d.keys, pairs[i]), append(d.values, pairs[i+1])
	}
	return nil
}

// memory runs the opcodes that keep values and fetch them again, and those that drop values.
func (m *machine) memory(op byte) (done bool, err error) {
	sizes := map[byte]int{'q': 1, 'r': 4, 'h': 1, 'j': 4}
	switch op {
	case 'q', 'r', 0x94: // BINPUT, LONG_BINPUT, MEMOIZE
		index := len(m.memo)
		if op != 0x94 {
			if index, err = m.number(sizes[op]); err != nil {
				return true, err
			}
		}
		top, err := m.top()
		m.memo[index] = top
		return true, err
	case 'h', 'j':
		index, err := m.number(sizes[op])
		if err != nil {
			return true, err
		}
		v, ok := m.memo[index]
		if !ok {
			return true, fmt.Errorf("its pickle fetches value %d, which it has not kept", index)
		}
		return true, m.push(v)
	case '0':
		_, err := m.pop()
		return true, err
	case '1':
		_, err := m.popMark()
		return true, err
	case '2':
		top, err := m.top()
		if err != nil {
			return true, err
		}
		return true, m.push(top)
	}
	return false, nil
}

// call runs the opcodes that would look up a class, call it or set its state. It refuses all others.
func (m *machine) call(op byte) error {
	switch op {
	case 'c':
		module, err := m.line()
		if err != nil {
			return err
		}
		name, err := m.line()
		if err != nil {
			return err
		}
		return m.push(global{module, name})
	case 0x93: // STACK_GLOBAL
		name, _ := m.pop()
		module, err := m.pop()
		if err != nil {
			return err
		}
		return m.push(global{text(module), text(name)})
	case 'Q':
		id, err := m.pop()
		if err != nil {
			return err
		}
		return m.push(storageOf(id))
	case 'R', 0x81: // REDUCE, NEWOBJ
		args, _ := m.pop()
		class, err := m.pop()
		if err != nil {
			return err
		}
		return m.pushMade(reduce(class, args))
	case 0x92: // NEWOBJ_EX
		_, _ = m.pop()
		args, _ := m.pop()
		class, err := m.pop()
		if err != nil {
			return err
		}
		return m.pushMade(reduce(class, args))
	case 'b': // BUILD: a state, such as _metadata of an OrderedDict
		_, err := m.pop()
		return err
	}
	return fmt.Errorf("its pickle has opcode %#02x: want what torch.save writes", op)
}
