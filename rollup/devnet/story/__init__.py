"""Stories: what happened in a drill, as a bystander tells it from L1, ready to be drawn."""
