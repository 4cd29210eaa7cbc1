(()=>{const d=document.documentElement;let t="auto",r="";try{t=localStorage.getItem("cx:theme")||t;r=localStorage.getItem("cx:rail")||r}catch{}
if(t==="auto")t=matchMedia("(prefers-contrast: more)").matches?"high-contrast":matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light";
d.dataset.cxTheme=t;if(r)d.dataset.cxRail=r})()
