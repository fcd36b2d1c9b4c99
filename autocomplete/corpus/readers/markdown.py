FORMATS: tuple = ()
