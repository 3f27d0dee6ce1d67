"""Who stands where and who may change it: the tree of units, changes of rights by two people, alarms."""
