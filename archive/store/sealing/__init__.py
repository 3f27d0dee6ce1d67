"""Who gives objects and entries the attributes that keep everybody from changing them until root takes them away."""
