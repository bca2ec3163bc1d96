// First script of every test page: lets the suite that opened the frame prepare it.
parent[document.currentScript.dataset.name](window);
