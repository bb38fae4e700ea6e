# The bot on the command line that was there before: a question in, an answer out.
read -r question
case $question in
  *return*) echo "You can return anything within 30 days." ;;
  *open*) echo "We are open from 9 to 17." ;;
  *) echo "Please have a look at our web page." ;;
esac
