#!/bin/sh
# Says in $COMMAND-$STACK.md what `make up` would change (preview), or what others have changed (drift). Changes nothing.
set -eu

look() {
  case $COMMAND in
    preview)
      .venv/bin/python -m mysql_k8s.operate preview --stack "$STACK" --markdown
      ;;
    drift)
      eval "$(make --silent env)"
      pulumi preview --stack "$STACK" --refresh --expect-no-changes --diff --suppress-progress --non-interactive
      ;;
  esac
}

make --silent cluster
report=$COMMAND-$STACK.md
status=0
look >look.txt || status=$?
{
  if [ "$COMMAND" = drift ]; then
    echo "### Stack $STACK"
    echo '~~~~diff'
    cat look.txt
    echo '~~~~'
  else
    cat look.txt
  fi
  if [ "$status" != 0 ]; then
    echo
    echo "**The $COMMAND of $STACK ended with status $status.** The log of [the run]($RUN_URL) says more."
  fi
} | tee "$report" >>"$GITHUB_STEP_SUMMARY"
exit "$status"
