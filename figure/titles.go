package figure

import "strings"

// apart returns the titles without the parts that all of them have in common, and these parts. The parts of a title are
// separated by commas. If titles have different numbers of parts, or if nothing would be left of a title, all titles
// stay as they are.
func apart(titles []string) (short []string, common string) {
	const comma = ", "
	if len(titles) < 2 {
		return titles, ""
	}
	first := strings.Split(titles[0], comma)
	alike := make([]bool, len(first))
	for i := range alike {
		alike[i] = true
	}
	var all [][]string
	for _, title := range titles {
		parts := strings.Split(title, comma)
		if len(parts) != len(first) {
			return titles, ""
		}
		for i, part := range parts {
			alike[i] = alike[i] && part == first[i]
		}
		all = append(all, parts)
	}
	var shared []string
	for i, part := range first {
		if alike[i] {
			shared = append(shared, part)
		}
	}
	if len(shared) == 0 || len(shared) == len(first) {
		return titles, ""
	}
	for _, parts := range all {
		var own []string
		for i, part := range parts {
			if !alike[i] {
				own = append(own, part)
			}
		}
		short = append(short, strings.Join(own, comma))
	}
	return short, strings.Join(shared, comma)
}

// inCommon returns a note about what all stimuli have in common, if there is something.
func inCommon(common string) []string {
	if common == "" {
		return nil
	}
	return []string{"all stimuli: " + common}
}
