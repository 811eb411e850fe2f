startCard();
startTable();
await startChart();
document.documentElement.dataset.ready = "yes";
