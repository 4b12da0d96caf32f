package compare

// SumsOf is sumsOf, for tests.
var SumsOf = sumsOf
