// Scripts of the user's, by the scenario that the plan names. This one stands for
// none; Headroom writes another one beside main.js when there are some.
export default {};
