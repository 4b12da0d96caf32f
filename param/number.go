package param

import "encoding/json"

// Number is a float64 in JSON: null where it is NaN or infinite, which JSON does not have.
type Number float64

// MarshalJSON implements [json.Marshaler].
func (n Number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
